//! Who may use the P that a thread holds: the thread while it is *inside* the runtime, the monitor
//! if the thread is outside and stays there.
//!
//! `inside` is a plain store on the thread's way in and out. The monitor first says that it asks,
//! then looks whether the thread is inside; the thread first says that it is inside, then looks
//! whether it is asked. With a full barrier between the two steps on both sides (see
//! [`barrier`]) at least one of them sees the other. See `README.md`.

use gompa_park::barrier;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8};
use gompa_park::sync::{spin_loop, thread};
use std::ptr::{NonNull, null_mut};

/// The monitor wants nothing.
const QUIET: u8 = 0;
/// The monitor, or a thief, is about to decide. The thread waits for its word before it goes in.
const ASKED: u8 = 1;
/// The monitor has taken the P. The thread notes it and says QUIET again.
const TAKEN: u8 = 2;

/// A thread's hold on its `P`.
pub(crate) struct Tenure<P> {
    /// Written by the thread alone: it is in the runtime and may use what the P owns.
    inside: AtomicBool,
    /// QUIET, ASKED, TAKEN. QUIET to ASKED by the monitor or a thief, and on to QUIET (either) or
    /// TAKEN (the monitor); TAKEN to QUIET by the thread.
    revoke: AtomicU8,
    /// What it holds, or null. Written by the thread inside, and by the monitor while ASKED.
    held: AtomicPtr<P>,
}

impl<P> Tenure<P> {
    /// A thread that is inside, without a P.
    pub(crate) fn new() -> Self {
        Tenure {
            inside: AtomicBool::new(true),
            revoke: AtomicU8::new(QUIET),
            held: AtomicPtr::new(null_mut()),
        }
    }

    /// The thread goes in. From here on what it [holds](Self::held) is its own.
    #[inline(always)]
    pub(crate) fn enter(&self) {
        self.inside.store(true, Relaxed);
        barrier::light();
        if self.revoke.load(Acquire) != QUIET {
            self.asked();
        }
    }

    #[cold]
    fn asked(&self) {
        let mut looks = 0;
        while self.revoke.load(Acquire) == ASKED {
            looks += 1;
            if looks % 64 == 0 {
                thread::yield_now();
            } else {
                spin_loop();
            }
        }
        if self.revoke.load(Acquire) == TAKEN {
            self.revoke.store(QUIET, Release);
        }
    }

    /// The thread goes out: user code.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        self.inside.store(false, Release);
    }

    /// The thread, inside: what it holds.
    #[inline(always)]
    pub(crate) fn held(&self) -> Option<NonNull<P>> {
        NonNull::new(self.held.load(Relaxed))
    }

    /// The thread, inside: holds `p` from now on, or nothing. Returns what it held.
    pub(crate) fn hold(&self, p: Option<NonNull<P>>) -> Option<NonNull<P>> {
        let before = self.held();
        self.held
            .store(p.map_or(null_mut(), NonNull::as_ptr), Release);
        before
    }

    /// The monitor: what the thread seems to hold.
    pub(crate) fn peek(&self) -> *mut P {
        self.held.load(Acquire)
    }

    /// The monitor: the thread has lost its P and has not come in since.
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoke.load(Acquire) == TAKEN
    }

    /// A thief: runs `f` while the thread is kept out, if it holds `p` and is in user code; `f` may
    /// use what `p` owns. The thread waits that long if it comes in.
    pub(crate) fn borrow<R>(&self, p: NonNull<P>, f: impl FnOnce() -> R) -> Option<R> {
        if self.inside.load(Relaxed) {
            return None; // spare it the barrier
        }
        self.revoke
            .compare_exchange(QUIET, ASKED, Relaxed, Relaxed)
            .ok()?;
        barrier::heavy();
        let may = !self.inside.load(Acquire) && self.held.load(Acquire) == p.as_ptr();
        let result = may.then(f);
        self.revoke.store(QUIET, Release);
        result
    }

    /// The monitor: takes `p` if the thread holds it and is in user code. `sure` is asked
    /// last, when the thread can no longer slip in: whether to take it still.
    pub(crate) fn revoke(&self, p: NonNull<P>, sure: impl FnOnce() -> bool) -> bool {
        if self.inside.load(Relaxed) {
            return false; // spare it the barrier
        }
        if self
            .revoke
            .compare_exchange(QUIET, ASKED, Relaxed, Relaxed)
            .is_err()
        {
            return false; // a thief asks; or it has not noticed the last time, and holds nothing
        }
        barrier::heavy();
        let take = !self.inside.load(Acquire) && self.held.load(Acquire) == p.as_ptr() && sure();
        if take {
            self.held.store(null_mut(), Relaxed);
        }
        let answer = if take { TAKEN } else { QUIET };
        let before = self.revoke.swap(answer, AcqRel);
        debug_assert_eq!(before, ASKED, "one asker at a time");
        take
    }
}
