//! A lock that nobody sleeps for: whoever meets it taken looks again a few times, then does
//! without.
//!
//! That suits what is only a short cut. A holder that the operating system has stopped holds nobody
//! up; nor does one that is not there: in the child of a fork the lock may be taken for good.

use std::cell::UnsafeCell;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// How often a taken lock is looked at. Longer than any holder needs that runs.
const LOOKS: u32 = 64;

/// A value behind such a lock.
#[derive(Debug)]
pub(super) struct TryLock<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: one thread at a time has the value.
unsafe impl<T: Send> Sync for TryLock<T> {}

impl<T> TryLock<T> {
    pub(super) const fn new(value: T) -> Self {
        TryLock {
            taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// Runs `f` with the value; `None`: somebody else has it. A panic in `f` leaves it taken.
    #[inline]
    pub(super) fn with<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        let take = || self.taken.compare_exchange(false, true, Acquire, Relaxed);
        if take().is_err() && !self.look_again() {
            return None;
        }
        // SAFETY: who has set `taken` is alone with the value until it is unset.
        let result = f(unsafe { &mut *self.value.get() });
        self.taken.store(false, Release);
        Some(result)
    }

    #[cold]
    fn look_again(&self) -> bool {
        (0..LOOKS).any(|_| {
            std::hint::spin_loop();
            !self.taken.load(Relaxed) && !self.taken.swap(true, Acquire)
        })
    }
}
