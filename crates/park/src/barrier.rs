//! An asymmetric barrier: nearly free on the side that passes often, dear on the side that passes
//! rarely.
//!
//! [`light`] and [`heavy`] together order as two sequentially consistent fences do. `heavy` makes
//! the kernel interrupt every running thread of the process (`membarrier`), so `light` need only
//! keep the compiler from reordering. Where the kernel refuses (a filter of system calls), and
//! under the model, both are real fences.

#[cfg(not(loom))]
mod imp {
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering::{Relaxed, SeqCst};
    use std::sync::atomic::{compiler_fence, fence};

    #[cfg(not(miri))]
    const REGISTER_PRIVATE_EXPEDITED: i32 = 1 << 4;
    const PRIVATE_EXPEDITED: i32 = 1 << 3;

    /// Whether the kernel makes the heavy side heavy.
    static ASYMMETRIC: AtomicBool = AtomicBool::new(false);

    fn membarrier(command: i32) -> bool {
        // SAFETY: the call touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// Asks the kernel; before that, both sides are real fences. Whoever relies on the pair asks
    /// before the first thread that uses it starts. Asking again is harmless; it never goes back.
    pub fn register() {
        #[cfg(not(miri))] // the interpreter knows no membarrier
        if membarrier(REGISTER_PRIVATE_EXPEDITED) {
            ASYMMETRIC.store(true, SeqCst);
        }
    }

    /// The frequent side.
    #[inline(always)]
    pub fn light() {
        if ASYMMETRIC.load(Relaxed) {
            compiler_fence(SeqCst);
        } else {
            fence(SeqCst);
        }
    }

    /// The rare side: some microseconds.
    pub fn heavy() {
        fence(SeqCst);
        if ASYMMETRIC.load(Relaxed) {
            let done = membarrier(PRIVATE_EXPEDITED);
            debug_assert!(done, "registered, so it cannot fail");
        }
    }
}

#[cfg(loom)]
mod imp {
    use loom::sync::atomic::Ordering::SeqCst;
    use loom::sync::atomic::fence;

    /// Nothing to ask for.
    pub fn register() {}

    /// The frequent side.
    pub fn light() {
        fence(SeqCst);
    }

    /// The rare side.
    pub fn heavy() {
        fence(SeqCst);
    }
}

pub use imp::{heavy, light, register};
