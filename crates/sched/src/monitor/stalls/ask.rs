//! The stack of a thread that computes: it is asked by a signal, and its handler answers.
//!
//! ```text
//!   monitor                                     handler, on the asked thread
//!   SLOT: IDLE --> ASKED, thread id
//!   tgkill                               -----> ASKED and its own id: --> ANSWERING
//!   waits, some milliseconds at the most        walks the stack into the slot
//!   takes the frames                     <----- --> ANSWERED
//!   SLOT: --> IDLE
//! ```
//! If no answer comes in time the monitor takes the question back (ASKED to IDLE by compare and
//! swap); if the handler is answering already, it waits for that.

use crate::debug::interrupted;
use gompa_park::lock::real::Lock;
use gompa_unwind::{MOST_FRAMES, Registers, Unwinder};
use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};
use std::time::{Duration, Instant};

const IDLE: u32 = 0;
const ASKED: u32 = 1;
const ANSWERING: u32 = 2;
const ANSWERED: u32 = 3;

/// How long the thread has to answer: it may wait for a processor.
const PATIENCE: Duration = Duration::from_millis(5);

struct Slot {
    state: AtomicU32,
    /// Who is asked.
    thread: AtomicU32,
    unwinder: AtomicPtr<Unwinder>,
    /// The answer.
    goroutine: AtomicU64,
    len: AtomicUsize,
    frames: [AtomicUsize; MOST_FRAMES],
}

static SLOT: Slot = Slot {
    state: AtomicU32::new(IDLE),
    thread: AtomicU32::new(0),
    unwinder: AtomicPtr::new(std::ptr::null_mut()),
    goroutine: AtomicU64::new(0),
    len: AtomicUsize::new(0),
    frames: [const { AtomicUsize::new(0) }; MOST_FRAMES],
};

/// The handler that was there before; one of the ways a handler is called.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

/// The frames of goroutine `id`, which should be computing on that thread.
pub(super) fn frames(tid: u32, id: u64) -> Option<Vec<usize>> {
    static ASKING: Lock<()> = Lock::new(());
    let _one_at_a_time = ASKING.lock();
    install()?;
    let unwinder = Unwinder::current();
    SLOT.unwinder
        .store(std::ptr::from_ref(&unwinder).cast_mut(), Relaxed);
    SLOT.thread.store(tid, Relaxed);
    SLOT.state.store(ASKED, Release);
    // SAFETY: sends a signal that has a handler to a thread of this process, if it is there still.
    let sent = unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), tid, libc::SIGURG) } == 0;
    let end = Instant::now() + PATIENCE;
    while SLOT.state.load(Acquire) != ANSWERED {
        if !sent || Instant::now() > end {
            let back = SLOT.state.compare_exchange(ASKED, IDLE, AcqRel, Acquire);
            if back.is_ok() {
                return None;
            }
        }
        std::thread::sleep(Duration::from_micros(50));
    }
    let frames = SLOT.frames[..SLOT.len.load(Relaxed)].iter();
    let frames = frames.map(|f| f.load(Relaxed)).collect();
    let same = SLOT.goroutine.load(Relaxed) == id;
    SLOT.state.store(IDLE, Release);
    same.then_some(frames)
}

fn install() -> Option<()> {
    if BEFORE.get().is_some() {
        return Some(());
    }
    // SAFETY: all zero is a valid sigaction; it is filled in below.
    let mut new: libc::sigaction = unsafe { std::mem::zeroed() };
    new.sa_sigaction = handle as *const () as usize;
    // On the M's alternate stack; system calls that can be are begun anew.
    new.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: as above.
    let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: reads what is there.
    unsafe { libc::sigaction(libc::SIGURG, std::ptr::null(), &mut before) };
    // Before the handler is there, which reads it.
    BEFORE.get_or_init(|| before);
    // SAFETY: the handler is async-signal-safe.
    let installed = unsafe { libc::sigaction(libc::SIGURG, &new, std::ptr::null_mut()) } == 0;
    installed.then_some(())
}

/// Async-signal-safe: reads and writes atomics, walks, asks for its thread's id.
extern "C" fn handle(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: no arguments.
    let me = unsafe { libc::syscall(libc::SYS_gettid) } as u32;
    let asked = SLOT.thread.load(Relaxed) == me
        && SLOT
            .state
            .compare_exchange(ASKED, ANSWERING, AcqRel, Relaxed)
            .is_ok();
    if asked {
        // SAFETY: the context of this signal.
        unsafe { answer(context.cast()) };
        SLOT.state.store(ANSWERED, Release);
        return;
    }
    let Some(before) = BEFORE.get() else { return };
    if before.sa_sigaction == libc::SIG_DFL || before.sa_sigaction == libc::SIG_IGN {
        return; // ignored, both
    }
    if before.sa_flags & libc::SA_SIGINFO != 0 {
        type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
        // SAFETY: with that flag it is such a function.
        let handler = unsafe { std::mem::transmute::<usize, Handler>(before.sa_sigaction) };
        handler(signal, info, context);
    } else {
        // SAFETY: without it, such a one.
        let handler = unsafe {
            std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(before.sa_sigaction)
        };
        handler(signal);
    }
}

/// # Safety
/// In a signal handler on a stack of its own, with its context; the slot is ANSWERING.
unsafe fn answer(context: *const libc::ucontext_t) {
    SLOT.len.store(0, Relaxed);
    SLOT.goroutine.store(0, Relaxed);
    // SAFETY: the caller's duty.
    let registers = unsafe { Registers::of_signal(context) };
    // SAFETY: as above; the result is used here only.
    let Some(it) = (unsafe { interrupted(&registers) }) else {
        return;
    };
    // SAFETY: the asker keeps it until the answer.
    let Some(unwinder) = (unsafe { SLOT.unwinder.load(Relaxed).as_ref() }) else {
        return;
    };
    let mut frames = [0; MOST_FRAMES];
    let n = unwinder.walk(registers, &it.memory, &mut frames);
    for (to, frame) in SLOT.frames.iter().zip(&frames[..n]) {
        to.store(*frame, Relaxed);
    }
    SLOT.len.store(n, Relaxed);
    SLOT.goroutine.store(it.id.as_u64().get(), Relaxed);
}
