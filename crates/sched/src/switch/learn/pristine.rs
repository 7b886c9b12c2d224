//! A thread that does nothing, on a stack of ours, so that its control block can be read.
//!
//! It touches no thread-local, not even errno, and calls nothing of libc: what is found in its
//! block is what libc puts into every new thread.

use super::super::context::fs_base;
use super::super::unsupported::Unsupported;
use std::arch::asm;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Where thread and learner meet. One futex word, `stage`, orders everything else.
#[derive(Default)]
pub(super) struct Meeting {
    /// STARTING, then HERE (the thread), then LEAVE (the learner).
    stage: AtomicU32,
    /// The thread's kernel id; valid from HERE on.
    tid: AtomicU32,
    /// Its thread pointer; valid from HERE on.
    tp: AtomicUsize,
}

const STARTING: u32 = 0;
const HERE: u32 = 1;
const LEAVE: u32 = 2;

/// A system call that leaves errno alone.
///
/// # Safety
/// 1. The call is harmless with these arguments.
unsafe fn raw_syscall(number: libc::c_long, a: usize, b: usize, c: usize, d: usize) -> isize {
    let result: isize;
    // SAFETY: (1) passed on; the kernel keeps all registers but rax, rcx and r11.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => result,
            in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    result
}

impl Meeting {
    fn wait_while(&self, stage: u32) {
        while self.stage.load(Acquire) == stage {
            let wait = (libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG) as usize;
            // SAFETY: the word lives as long as `self`; no timeout is given.
            unsafe {
                raw_syscall(
                    libc::SYS_futex,
                    self.stage.as_ptr() as usize,
                    wait,
                    stage as usize,
                    0,
                )
            };
        }
    }

    fn advance(&self, stage: u32) {
        self.stage.store(stage, Release);
        let wake = (libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG) as usize;
        // SAFETY: waking touches nothing.
        unsafe { raw_syscall(libc::SYS_futex, self.stage.as_ptr() as usize, wake, 1, 0) };
    }
}

extern "C" fn stand_still(meeting: *mut c_void) -> *mut c_void {
    // SAFETY: the learner keeps the meeting until it has joined this thread.
    let meeting = unsafe { &*meeting.cast::<Meeting>() };
    meeting.tp.store(fs_base(), Relaxed);
    // SAFETY: gettid takes no arguments.
    let tid = unsafe { raw_syscall(libc::SYS_gettid, 0, 0, 0, 0) };
    meeting.tid.store(tid as u32, Relaxed);
    meeting.advance(HERE);
    meeting.wait_while(HERE);
    null_mut()
}

/// A thread standing still until this is dropped.
pub(super) struct Pristine {
    thread: libc::pthread_t,
    /// Boxed: the thread holds its address.
    meeting: Box<Meeting>,
    /// Its stack, and with it its thread-locals: [low, top).
    stack: Mapping,
}

impl Pristine {
    /// Starts one on a stack of `size` bytes.
    pub(super) fn start(size: usize) -> Result<Pristine, Unsupported> {
        let stack = Mapping::new(size)?;
        let meeting = Box::<Meeting>::default();
        let failed = |error: i32| {
            Err(Unsupported::System {
                call: "pthread_create",
                error: std::io::Error::from_raw_os_error(error),
            })
        };
        let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
        let mut thread = 0;
        // SAFETY: the attributes are initialised before use and destroyed after; the stack is
        // ours and stays until the thread has been joined, as does the meeting.
        let error = unsafe {
            let attributes = attributes.as_mut_ptr();
            libc::pthread_attr_init(attributes);
            let mut error =
                libc::pthread_attr_setstack(attributes, stack.low as *mut c_void, stack.size);
            if error == 0 {
                let argument = std::ptr::from_ref(&*meeting).cast_mut().cast();
                error = libc::pthread_create(&mut thread, attributes, stand_still, argument);
            }
            libc::pthread_attr_destroy(attributes);
            error
        };
        if error != 0 {
            return failed(error);
        }
        meeting.wait_while(STARTING);
        Ok(Pristine {
            thread,
            meeting,
            stack,
        })
    }

    /// Its thread pointer.
    pub(super) fn tp(&self) -> usize {
        self.meeting.tp.load(Relaxed)
    }

    /// Its kernel id.
    pub(super) fn tid(&self) -> u32 {
        self.meeting.tid.load(Relaxed)
    }

    /// Its stack: lowest address and end.
    pub(super) fn stack(&self) -> std::ops::Range<usize> {
        self.stack.low..self.stack.low + self.stack.size
    }

    /// The argument it was started with.
    pub(super) fn argument(&self) -> usize {
        std::ptr::from_ref(&*self.meeting).addr()
    }
}

impl Drop for Pristine {
    fn drop(&mut self) {
        self.meeting.advance(LEAVE);
        // SAFETY: the thread was started joinable and nobody else joins it.
        unsafe { libc::pthread_join(self.thread, null_mut()) };
    }
}

/// Anonymous memory.
struct Mapping {
    low: usize,
    size: usize,
}

impl Mapping {
    fn new(size: usize) -> Result<Mapping, Unsupported> {
        // SAFETY: a new mapping, no address asked for.
        let low = unsafe {
            libc::mmap(
                null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if low == libc::MAP_FAILED {
            return Err(Unsupported::last_os_error("mmap"));
        }
        Ok(Mapping {
            low: low as usize,
            size,
        })
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: our own mapping; the thread that ran on it has been joined.
        unsafe { libc::munmap(self.low as *mut c_void, self.size) };
    }
}

/// All signals blocked in this thread, and in those it starts, until dropped.
pub(super) struct SignalsBlocked(libc::sigset_t);

impl SignalsBlocked {
    pub(super) fn new() -> SignalsBlocked {
        let mut all = MaybeUninit::uninit();
        let mut before = MaybeUninit::uninit();
        // SAFETY: both sets are written before they are read.
        unsafe {
            libc::sigfillset(all.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            SignalsBlocked(before.assume_init())
        }
    }
}

impl Drop for SignalsBlocked {
    fn drop(&mut self) {
        // SAFETY: the set is the one this thread had.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.0, null_mut()) };
    }
}
