//! [`Semaphore`]: so many at once.

use crate::macros::const_fn;
use crate::wait::{self, Cut, Limit, Outcome, Queue, Waited, Waiter, WakeList, unlimited};
use gompa_context::{Context, Error};
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use gompa_park::{Lock, Parker, WaitReason};
use std::fmt;
use std::time::{Duration, Instant};

/// A weighted semaphore: of `n` units each holder has some.
///
/// Served in the order of asking: a big request at the front stops the small ones behind it, so
/// that it is not starved. What is acquired is released by hand, perhaps elsewhere and in other
/// portions; [`acquire_guard`](Self::acquire_guard) releases by itself.
///
/// ```
/// use gompa_sync::Semaphore;
///
/// let room = Semaphore::new(10);
/// room.acquire(7);
/// assert!(!room.try_acquire(4));
/// room.release(7);
/// assert!(room.try_acquire(4));
/// ```
pub struct Semaphore {
    /// What is free, shifted by one; below it [`WAITERS`].
    state: AtomicU64,
    /// What there is.
    size: u64,
    /// Each with its wish as its note.
    waiters: Lock<Queue>,
}

/// The queue is not empty: nobody takes past it. Written under the lock.
const WAITERS: u64 = 1;

impl Semaphore {
    const_fn! {
        /// A semaphore of `n` units, all free.
        ///
        /// # Panics
        /// If `n` is above 2⁶²: units are counted in that many bits.
        pub const fn new(n: usize) -> Semaphore {
            assert!(n as u64 <= 1 << 62, "semaphore: size out of range");
            Semaphore {
                state: AtomicU64::new((n as u64) << 1),
                size: n as u64,
                waiters: Lock::new(Queue::new()),
            }
        }
    }

    /// How many units there are, free or not.
    pub fn size(&self) -> usize {
        self.size as usize
    }

    /// How many units are free at this moment.
    pub fn available(&self) -> usize {
        (self.state.load(Relaxed) >> 1) as usize
    }

    /// Takes `k` units, waiting until they are free and nobody waits longer. More than there are is
    /// waited for in vain, for ever, as in Go; it does not stop others.
    pub fn acquire(&self, k: usize) {
        unlimited(self.acquire_within(k as u64, Limit::NONE));
    }

    /// Takes `k` units if they are free and nobody waits; whether it did.
    #[must_use = "false: nothing was acquired"]
    pub fn try_acquire(&self, k: usize) -> bool {
        self.take(k as u64)
    }

    /// Takes `k` units unless that takes longer than `timeout`; whether it did.
    #[must_use = "false: nothing was acquired"]
    pub fn acquire_timeout(&self, k: usize, timeout: Duration) -> bool {
        self.acquire_within(k as u64, Limit::after(timeout)).is_ok()
    }

    /// Takes `k` units unless it is `deadline` first; whether it did.
    #[must_use = "false: nothing was acquired"]
    pub fn acquire_deadline(&self, k: usize, deadline: Instant) -> bool {
        self.acquire_within(k as u64, Limit::until(deadline))
            .is_ok()
    }

    /// Takes `k` units unless `ctx` is done first; then nothing has happened.
    ///
    /// # Errors
    /// Why the context is done. If it was before, nothing is tried, though units may be free.
    pub fn acquire_ctx(&self, ctx: &Context, k: usize) -> Result<(), Error> {
        ctx.wait(
            || self.try_acquire(k).then_some(()).ok_or(()),
            || self.acquire_within(k as u64, Limit::CUT).map_err(drop),
        )
    }

    /// As [`acquire`](Self::acquire); the guard releases them.
    pub fn acquire_guard(&self, k: usize) -> SemaphoreGuard<'_> {
        self.acquire(k);
        SemaphoreGuard { semaphore: self, k }
    }

    /// Gives `k` units back and lets in those at the front who have enough now.
    ///
    /// # Panics
    /// With Go's `semaphore: released more than held`; then nothing has happened.
    pub fn release(&self, k: usize) {
        let k = k as u64;
        let released = self.state.fetch_update(AcqRel, Relaxed, |s| {
            (k <= self.size - (s >> 1)).then(|| s + (k << 1))
        });
        match released {
            Err(_) => panic!("semaphore: released more than held"),
            Ok(s) if s & WAITERS != 0 => {
                let mut woken = WakeList::new();
                self.serve(&mut self.waiters.lock(), &mut woken);
            }
            Ok(_) => {}
        }
    }

    #[inline]
    fn take(&self, k: u64) -> bool {
        let taken = self.state.fetch_update(Acquire, Relaxed, |s| {
            (s & WAITERS == 0 && s >> 1 >= k).then(|| s - (k << 1))
        });
        taken.is_ok()
    }

    /// Lets in those at the front who have enough; under the lock.
    fn serve(&self, queue: &mut Queue, woken: &mut WakeList) {
        while let Some(k) = queue.first_note() {
            // While somebody is queued only we, under the lock, take. Acquire: what happened before
            // any release must be seen by the one we let in.
            if self.state.load(Acquire) >> 1 < k {
                return;
            }
            self.state.fetch_sub(k << 1, Relaxed);
            queue.pop_into(woken, Outcome::Granted);
        }
        self.state.fetch_and(!WAITERS, Relaxed);
    }

    #[inline]
    fn acquire_within(&self, k: u64, limit: Limit) -> Result<(), Cut> {
        if self.take(k) {
            return Ok(());
        }
        self.acquire_slow(k, limit)
    }

    #[cold]
    fn acquire_slow(&self, k: u64, limit: Limit) -> Result<(), Cut> {
        let parker = Parker::current();
        if k > self.size {
            return Err(wait::wait_in_vain(&parker, WaitReason::Semacquire, limit));
        }
        let waiter = Waiter::new(parker.unparker(), k);
        let mut held = self.waiters.lock();
        let taken = self.state.fetch_update(Acquire, Relaxed, |s| {
            Some(match s & WAITERS == 0 && s >> 1 >= k {
                true => s - (k << 1),
                false => s | WAITERS,
            })
        });
        if taken.is_ok_and(|s| s & WAITERS == 0 && s >> 1 >= k) {
            return Ok(());
        }
        // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn.
        unsafe { held.push_back(&waiter) };
        // SAFETY: 1. queued just now.
        let waited = unsafe {
            let reason = WaitReason::Semacquire;
            wait::wait(&self.waiters, held, |q| q, &parker, &waiter, reason, limit)
        };
        match waited {
            Waited::Claimed => Ok(()),
            Waited::Withdrawn(mut held, cut) => {
                let mut woken = WakeList::new();
                // Those behind may have enough.
                self.serve(&mut held, &mut woken);
                drop(held);
                drop(woken);
                Err(cut.leave(&parker))
            }
        }
    }
}

/// Holds units of a [`Semaphore`]; releases them when dropped.
#[derive(Debug)]
#[must_use = "an unused guard releases at once"]
pub struct SemaphoreGuard<'a> {
    semaphore: &'a Semaphore,
    k: usize,
}

impl Drop for SemaphoreGuard<'_> {
    fn drop(&mut self) {
        self.semaphore.release(self.k);
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = self.state.load(Relaxed);
        f.debug_struct("Semaphore")
            .field("size", &self.size)
            .field("available", &(s >> 1))
            .field("awaited", &(s & WAITERS != 0))
            .finish()
    }
}
