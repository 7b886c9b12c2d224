//! [`Once`]: something that is done once.

use crate::macros::const_fn;
use crate::wait::{self, Cut, Limit, Outcome, Queue, Waited, Waiter, WakeList, unlimited};
use gompa_context::{Context, Error};
use gompa_park::sync::atomic::AtomicU32;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire};
use gompa_park::{Lock, Parker, Unparker, WaitReason};
use std::fmt;
use std::time::{Duration, Instant};

/// Does something once, however many ask for it; each of them returns when it has been done.
///
/// As in Go a panic counts as done: it goes to the one that ran the function, the others return, and
/// nobody runs it again.
///
/// ```
/// static ONCE: gompa_sync::Once = gompa_sync::Once::new();
/// let mut times = 0;
/// ONCE.call_once(|| times += 1);
/// ONCE.call_once(|| times += 1);
/// assert_eq!(times, 1);
/// ```
pub struct Once {
    /// PENDING, AWAITED or DONE.
    state: AtomicU32,
    waiting: Lock<Waiting>,
}

/// Not done, and nobody waits for it.
const PENDING: u32 = 0;
/// Not done, and somebody waits, or did. Written under the lock.
const AWAITED: u32 = 1;
const DONE: u32 = 2;

struct Waiting {
    queue: Queue,
    /// Who runs the function, or has run it.
    runner: Option<Unparker>,
}

impl Once {
    const_fn! {
        /// One that has not been done.
        pub const fn new() -> Once {
            Once {
                state: AtomicU32::new(PENDING),
                waiting: Lock::new(Waiting {
                    queue: Queue::new(),
                    runner: None,
                }),
            }
        }
    }

    /// Runs `f` if this is the first call; else waits until the first one's function has ended. What
    /// happened in it is seen by all.
    ///
    /// # Panics
    /// If `f` does. And if it is called from within the function of the same Once: in Go this waits
    /// for itself, for ever.
    #[inline]
    pub fn call_once(&self, f: impl FnOnce()) {
        unlimited(self.call_within(Limit::NONE, f));
    }

    /// As [`call_once`](Self::call_once), but whoever is not the first waits for `timeout` at most;
    /// whether it has been done. The one that runs `f` takes as long as that takes.
    #[must_use = "false: it is not done yet"]
    pub fn call_once_timeout(&self, timeout: Duration, f: impl FnOnce()) -> bool {
        self.call_within(Limit::after(timeout), f).is_ok()
    }

    /// As [`call_once`](Self::call_once), but whoever is not the first waits until `deadline` at
    /// most; whether it has been done. The one that runs `f` takes as long as that takes.
    #[must_use = "false: it is not done yet"]
    pub fn call_once_deadline(&self, deadline: Instant, f: impl FnOnce()) -> bool {
        self.call_within(Limit::until(deadline), f).is_ok()
    }

    /// As [`call_once`](Self::call_once), but whoever is not the first waits only until `ctx` is
    /// done. The one that runs `f` takes as long as that takes.
    ///
    /// # Errors
    /// Why the context is done. If it was before, `f` does not run.
    pub fn call_once_ctx(&self, ctx: &Context, f: impl FnOnce()) -> Result<(), Error> {
        match ctx.err() {
            Some(error) => Err(error),
            None if self.is_completed() => Ok(()),
            None if self.claim() => {
                self.run(f);
                Ok(())
            }
            None => self.wait_ctx(ctx),
        }
    }

    #[inline]
    fn call_within(&self, limit: Limit, f: impl FnOnce()) -> Result<(), Cut> {
        if self.is_completed() {
            return Ok(());
        }
        if self.claim() {
            self.run(f);
            return Ok(());
        }
        self.wait_within(limit)
    }

    #[inline]
    fn run(&self, f: impl FnOnce()) {
        let _finish = Finish(self);
        f();
    }

    /// Whether it has been done.
    #[inline]
    pub fn is_completed(&self) -> bool {
        self.state.load(Acquire) == DONE
    }

    /// Waits until somebody has done it. Does not do it.
    ///
    /// # Panics
    /// From within its function.
    pub fn wait(&self) {
        unlimited(self.wait_within(Limit::NONE));
    }

    /// As [`wait`](Self::wait), for `timeout` at most; whether it has been done.
    #[must_use = "false: it is not done yet"]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.wait_within(Limit::after(timeout)).is_ok()
    }

    /// As [`wait`](Self::wait), until `deadline` at most; whether it has been done.
    #[must_use = "false: it is not done yet"]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        self.wait_within(Limit::until(deadline)).is_ok()
    }

    /// As [`wait`](Self::wait), unless `ctx` is done first.
    ///
    /// # Errors
    /// Why the context is done.
    pub fn wait_ctx(&self, ctx: &Context) -> Result<(), Error> {
        ctx.wait(
            || self.is_completed().then_some(()).ok_or(()),
            || self.wait_within(Limit::CUT).map_err(drop),
        )
    }

    /// Whether it is ours to run the function.
    #[cold]
    fn claim(&self) -> bool {
        let mut waiting = self.waiting.lock();
        if waiting.runner.is_some() {
            return false;
        }
        waiting.runner = Some(Parker::current().unparker());
        true
    }

    fn wait_within(&self, limit: Limit) -> Result<(), Cut> {
        if self.is_completed() {
            return Ok(());
        }
        let parker = Parker::current();
        let waiter = Waiter::new(parker.unparker(), 0);
        let mut held = self.waiting.lock();
        if held
            .runner
            .is_some_and(|r| r.same_waiter(&parker.unparker()))
            && !self.is_completed()
        {
            drop(held);
            panic!("sync: Once waits for itself: call_once within its own function");
        }
        let announced = self
            .state
            .fetch_update(AcqRel, Acquire, |state| (state != DONE).then_some(AWAITED));
        if announced.is_err() {
            return Ok(());
        }
        // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn.
        unsafe { held.queue.push_back(&waiter) };
        // SAFETY: 1. queued just now.
        let waited = unsafe {
            wait::wait(
                &self.waiting,
                held,
                |w| &mut w.queue,
                &parker,
                &waiter,
                WaitReason::Semacquire,
                limit,
            )
        };
        match waited {
            Waited::Claimed => Ok(()),
            Waited::Withdrawn(held, cut) => {
                drop(held);
                Err(cut.leave(&parker))
            }
        }
    }
}

/// The function has ended, in whichever way.
struct Finish<'a>(&'a Once);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        let once = self.0;
        if once.state.swap(DONE, AcqRel) == AWAITED {
            let mut woken = WakeList::new();
            let mut held = once.waiting.lock();
            held.queue.pop_all_into(&mut woken, Outcome::Granted);
        }
    }
}

impl Default for Once {
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("completed", &self.is_completed())
            .finish_non_exhaustive()
    }
}
