//! [`Cond`]: waiting for something that a mutex guards to become true.

use crate::macros::const_fn;
use crate::mutex::MutexGuard;
use crate::wait::{self, Cut, Limit, Outcome, Queue, Waited, Waiter, WakeList, unlimited};
use gompa_context::{Context, Error};
use gompa_park::sync::atomic::AtomicBool;
use gompa_park::sync::atomic::Ordering::Relaxed;
use gompa_park::{Lock, Parker, WaitReason};
use std::fmt;
use std::time::{Duration, Instant};

/// A condition variable over a [`Mutex`](crate::Mutex).
///
/// ```
/// use gompa_sync::{Cond, Mutex};
///
/// let (jobs, changed) = (Mutex::new(Vec::new()), Cond::new());
/// std::thread::scope(|s| {
///     s.spawn(|| {
///         jobs.lock().push("sweep");
///         changed.signal();
///     });
///     let mut jobs = jobs.lock();
///     while jobs.is_empty() {
///         jobs = changed.wait(jobs);
///     }
///     assert_eq!(jobs.pop(), Some("sweep"));
/// });
/// ```
///
/// Who waits first is signalled first, and nobody wakes without a signal; yet between the signal and
/// the return another may lock the mutex and change things, so wait in a loop, or by
/// [`wait_while`](Self::wait_while). A signal that nobody waits for is lost. The mutex need not be
/// held to signal, nor always be the same one.
///
/// In Go a copied Cond panics; here it cannot be copied. A Cond whose runtime shuts down lets its
/// waiters unwind without the mutex.
pub struct Cond {
    /// Whether somebody waits. Written under the lock; read without it by those who signal.
    awaited: AtomicBool,
    waiters: Lock<Queue>,
}

impl Cond {
    const_fn! {
        /// A condition that nobody waits for.
        pub const fn new() -> Cond {
            Cond {
                awaited: AtomicBool::new(false),
                waiters: Lock::new(Queue::new()),
            }
        }
    }

    /// Unlocks the mutex, waits for a signal, and locks it again. Whoever locks the mutex before it
    /// signals finds this waiting.
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        let (guard, cut) = self.wait_within(guard, Limit::NONE);
        unlimited(cut);
        guard
    }

    /// As [`wait`](Self::wait), again and again while `condition` holds.
    pub fn wait_while<'a, T: ?Sized>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        while condition(&mut guard) {
            guard = self.wait(guard);
        }
        guard
    }

    /// As [`wait`](Self::wait), for `timeout` at most, and whether it was signalled. Locking the
    /// mutex again may take longer.
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> (MutexGuard<'a, T>, bool) {
        let (guard, cut) = self.wait_within(guard, Limit::after(timeout));
        (guard, cut.is_ok())
    }

    /// As [`wait`](Self::wait), until `deadline` at most, and whether it was signalled. Locking the
    /// mutex again may take longer.
    pub fn wait_deadline<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: Instant,
    ) -> (MutexGuard<'a, T>, bool) {
        let (guard, cut) = self.wait_within(guard, Limit::until(deadline));
        (guard, cut.is_ok())
    }

    /// As [`wait`](Self::wait), unless `ctx` is done first. Locking the mutex again may take longer.
    ///
    /// # Errors
    /// Why the context is done. If it was before, the mutex has not been unlocked.
    pub fn wait_ctx<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        ctx: &Context,
    ) -> (MutexGuard<'a, T>, Result<(), Error>) {
        let mut held = Some(guard);
        let result = ctx.wait(
            || Err(()),
            || {
                let guard = held.take().expect("not waited yet");
                let (guard, cut) = self.wait_within(guard, Limit::CUT);
                held = Some(guard);
                cut.map_err(drop)
            },
        );
        (held.expect("locked again"), result)
    }

    fn wait_within<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Limit,
    ) -> (MutexGuard<'a, T>, Result<(), Cut>) {
        let parker = Parker::current();
        let waiter = Waiter::new(parker.unparker(), 0);
        let mutex = MutexGuard::mutex(&guard);
        let mut held = self.waiters.lock();
        self.awaited.store(true, Relaxed);
        // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn: the
        // wait below follows at once.
        unsafe { held.push_back(&waiter) };
        drop(held);
        wait::without_unwinding(|| drop(guard));
        // SAFETY: 1. queued just now.
        let waited = unsafe {
            let reason = WaitReason::CondWait;
            wait::wait_unlocked(&self.waiters, |q| q, &parker, &waiter, reason, limit)
        };
        let result = match waited {
            Waited::Claimed => Ok(()),
            Waited::Withdrawn(held, cut) => {
                self.awaited.store(!held.is_empty(), Relaxed);
                drop(held);
                Err(cut.leave(&parker))
            }
        };
        (mutex.lock(), result)
    }

    /// Wakes the one that has waited longest, if any waits.
    pub fn signal(&self) {
        // Who waits has said so before it unlocked the mutex. Whoever signals for something that it
        // did under the mutex has locked it after that, and sees it; if before, the other has seen
        // what it did.
        if self.awaited.load(Relaxed) {
            let mut woken = WakeList::new();
            let mut held = self.waiters.lock();
            held.pop_into(&mut woken, Outcome::Granted);
            self.awaited.store(!held.is_empty(), Relaxed);
        }
    }

    /// Wakes all who wait.
    pub fn broadcast(&self) {
        if self.awaited.load(Relaxed) {
            let mut woken = WakeList::new();
            let mut held = self.waiters.lock();
            held.pop_all_into(&mut woken, Outcome::Granted);
            self.awaited.store(false, Relaxed);
        }
    }
}

impl Default for Cond {
    fn default() -> Self {
        Cond::new()
    }
}

impl fmt::Debug for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cond")
            .field("awaited", &self.awaited.load(Relaxed))
            .finish_non_exhaustive()
    }
}
