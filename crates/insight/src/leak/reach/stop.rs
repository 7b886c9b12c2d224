//! All other threads of the process stand still, while a [`Stopped`] lives.
//!
//! Each gets a signal and waits in its handler, so that its registers lie in memory. The handler is
//! that of the CPU profile's signal (see `profile::cpu::signal`), which hands on what the profile's
//! timers did not send.

use super::memory::{Arena, errno};
use crate::profile::cpu::stop_signal;
use gompa_park::{futex, time};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU32, AtomicUsize};

/// How long threads have to stop. One that blocks the signal does not, nor one that the kernel does
/// not let go.
const PATIENCE: time::Nanos = 1_000_000_000;
const MOST_THREADS: usize = 4096;

/// 0: go on; else which stop this is.
static STOP: AtomicU32 = AtomicU32::new(0);
/// Threads that stand still.
static STANDING: AtomicUsize = AtomicUsize::new(0);

/// In the handler: stands still until told otherwise. Async-signal-safe.
pub(crate) fn stand_still() {
    let stop = STOP.load(SeqCst);
    if stop == 0 {
        return; // it came late
    }
    STANDING.fetch_add(1, SeqCst);
    while STOP.load(SeqCst) == stop {
        futex::wait(&STOP, stop, None);
    }
    STANDING.fetch_sub(1, SeqCst);
}

/// While it lives every other thread stands still.
pub(super) struct Stopped(());

impl Stopped {
    /// `None`: not all of them stopped; all go on. Makes no memory but in `arena`.
    pub(super) fn new(arena: &Arena) -> Option<Stopped> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let told = arena.take::<u32>(MOST_THREADS)?;
        let text = arena.take::<u8>(1 << 16)?;
        let signal = stop_signal();
        let until = time::now() + PATIENCE;
        // Threads of an earlier stop have gone on.
        while STANDING.load(SeqCst) > 0 {
            if time::now() > until {
                return None;
            }
            std::hint::spin_loop();
        }
        STOP.store(NUMBER.fetch_add(1, SeqCst) | 1 << 31, SeqCst);
        let stopped = Stopped(());
        let mut n = 0;
        // Those that run may start others until they stand still, too.
        loop {
            let before = n;
            if !tell(signal, told, &mut n, text) {
                return None;
            }
            while STANDING.load(SeqCst) < n {
                if time::now() > until {
                    return None;
                }
                std::thread::yield_now();
            }
            if n == before {
                return Some(stopped);
            }
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        STOP.store(0, SeqCst);
        futex::wake(&STOP, i32::MAX);
    }
}

/// Sends the signal to every thread that was not told before. False: that is not possible.
fn tell(signal: i32, told: &mut [u32], n: &mut usize, text: &mut [u8]) -> bool {
    // SAFETY: system calls with valid arguments.
    let (process, me, folder) = unsafe {
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
        let folder = libc::open(c"/proc/self/task".as_ptr(), flags);
        (libc::getpid(), libc::gettid() as u32, folder)
    };
    if folder < 0 {
        return false;
    }
    // If not, the folder is about other threads than those we know by number.
    let mut seen_me = false;
    let all = each_name(folder, text, |name| {
        let Some(id) = number(name) else { return true };
        seen_me |= id == me;
        if id == me || told[..*n].contains(&id) {
            return true;
        }
        // SAFETY: a signal with a handler, to a thread of ours; one that has ended is no error.
        let sent = unsafe { libc::syscall(libc::SYS_tgkill, process, id, signal) };
        if sent != 0 {
            return errno() == libc::ESRCH;
        }
        if *n == told.len() {
            return false;
        }
        told[*n] = id;
        *n += 1;
        true
    });
    // SAFETY: opened above.
    unsafe { libc::close(folder) };
    all && seen_me
}

/// Calls `f` with the name of each entry of a folder, until it says false. Makes no memory.
fn each_name(folder: i32, buffer: &mut [u8], mut f: impl FnMut(&[u8]) -> bool) -> bool {
    loop {
        // SAFETY: writes to the buffer at most its length.
        let read = unsafe {
            libc::syscall(
                libc::SYS_getdents64,
                folder,
                buffer.as_mut_ptr(),
                buffer.len(),
            )
        };
        let Ok(read) = usize::try_from(read) else {
            return false;
        };
        if read == 0 {
            return true;
        }
        // inode (8), offset (8), length of the entry (2), type (1), name, 0
        let mut entries = &buffer[..read];
        while entries.len() > 19 {
            let length = usize::from(u16::from_ne_bytes([entries[16], entries[17]]));
            let (entry, rest) = entries.split_at(length.clamp(20, entries.len()));
            let name = entry[19..].split(|b| *b == 0).next().unwrap_or_default();
            if !f(name) {
                return false;
            }
            entries = rest;
        }
    }
}

fn number(name: &[u8]) -> Option<u32> {
    std::str::from_utf8(name).ok()?.parse().ok()
}
