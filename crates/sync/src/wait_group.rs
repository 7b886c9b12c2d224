//! [`WaitGroup`]: waiting for several to be done.

use crate::integer::Integer;
use crate::wait::{self, Cut, Limit, Outcome, Queue, Waited, Waiter, WakeList, unlimited};
use gompa_context::{Context, Error};
use gompa_park::sync::Arc;
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use gompa_park::{Lock, Parker, WaitReason, host};
use std::fmt;
use std::time::{Duration, Instant};

/// A counter of things still to be done, and those who wait for it to reach zero.
///
/// ```
/// use gompa_sync::WaitGroup;
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU32, Ordering};
///
/// let (group, sum) = (WaitGroup::new(), Arc::new(AtomicU32::new(0)));
/// for n in 1..=3 {
///     let sum = sum.clone();
///     group.go(move || _ = sum.fetch_add(n, Ordering::Relaxed));
/// }
/// group.wait();
/// assert_eq!(sum.load(Ordering::Relaxed), 6);
/// ```
///
/// Clones are the same group. It can be used again once all its waiters have returned. What happened
/// before a [`done`](Self::done) is seen after the [`wait`](Self::wait) that it ends.
///
/// # Misuse
/// As in Go, these panic where they are noticed:
/// - `sync: negative WaitGroup counter`
/// - `sync: WaitGroup misuse: Add called concurrently with Wait`: a new use begins while waiters of
///   the last one have not been woken yet
/// - `sync: WaitGroup is reused before previous Wait has returned`
#[derive(Clone)]
pub struct WaitGroup {
    inner: Arc<Inner>,
}

/// The counter in the upper 32 bits (signed, as Go's), [`WAITERS`] in the lowest.
struct Inner {
    state: AtomicU64,
    waiters: Lock<Queue>,
}

/// The queue is not empty. Written under its lock.
const WAITERS: u64 = 1;

/// The counter of a state.
fn counter(state: u64) -> i32 {
    (state >> 32) as i32
}

impl WaitGroup {
    /// A group with nothing to wait for.
    pub fn new() -> WaitGroup {
        WaitGroup {
            inner: Arc::new(Inner {
                state: AtomicU64::new(0),
                waiters: Lock::new(Queue::new()),
            }),
        }
    }

    /// Adds `n`, which may be negative, to the counter; at zero, everybody who waits is woken.
    ///
    /// What raises the counter from zero must happen before the `wait` that is to notice it: add
    /// before the goroutine starts, not in it.
    ///
    /// # Panics
    /// If the counter becomes negative, or as far as it is noticed, if a new use begins while the
    /// last one has waiters. Beyond 2³¹-1 the counter overflows, which panics too.
    pub fn add(&self, n: impl Integer) {
        let n = n.to_i64();
        let Ok(delta) = i32::try_from(n) else {
            panic!("sync: WaitGroup counter overflow: add of {n}");
        };
        self.inner.add(delta);
    }

    /// One thing is done: `add(-1)`.
    ///
    /// # Panics
    /// If the counter becomes negative.
    pub fn done(&self) {
        self.inner.add(-1);
    }

    /// Waits until the counter is zero.
    pub fn wait(&self) {
        unlimited(self.inner.wait(Limit::NONE));
    }

    /// Waits until the counter is zero, for `timeout` at most; whether it was zero.
    #[must_use = "false: it is not done yet"]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.inner.wait(Limit::after(timeout)).is_ok()
    }

    /// Waits until the counter is zero, or it is `deadline`; whether it was zero.
    #[must_use = "false: it is not done yet"]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        self.inner.wait(Limit::until(deadline)).is_ok()
    }

    /// Waits until the counter is zero, unless `ctx` is done first.
    ///
    /// # Errors
    /// Why the context is done. If it was before, the counter is not looked at.
    pub fn wait_ctx(&self, ctx: &Context) -> Result<(), Error> {
        ctx.wait(
            || self.is_done().then_some(()).ok_or(()),
            || self.inner.wait(Limit::CUT).map_err(drop),
        )
    }

    /// Whether the counter is zero at this moment.
    fn is_done(&self) -> bool {
        counter(self.inner.state.load(Acquire)) == 0
    }

    /// Runs `f` in a new goroutine (where no scheduler runs the caller, a thread) and counts it until
    /// it has ended.
    ///
    /// It also counts as done if it panics or ends its goroutine: a panic is that goroutine's, as
    /// with `go`. (Go ends the process.) To learn of it use
    /// [`errgroup`](crate::errgroup), or the handle of `go`.
    pub fn go<F>(&self, f: F)
    where
        F: FnOnce() + Send + 'static,
    {
        /// Done, however the goroutine ends; also if it never begins.
        struct Done(WaitGroup);
        impl Drop for Done {
            fn drop(&mut self) {
                self.0.done();
            }
        }

        self.add(1);
        let done = Done(self.clone());
        host::spawn(Box::new(move || {
            let _done = done;
            f();
        }));
    }
}

impl Inner {
    fn add(&self, delta: i32) {
        let before = self.change(delta);
        let misuse = match counter(before).checked_add(delta) {
            None => "sync: WaitGroup counter overflow",
            Some(..0) => "sync: negative WaitGroup counter",
            Some(after) if before & WAITERS != 0 && delta > 0 && after == delta => {
                "sync: WaitGroup misuse: Add called concurrently with Wait"
            }
            Some(0) if before & WAITERS != 0 => return self.release(),
            Some(_) => return,
        };
        // The misused group goes on as if this had not been, so that nobody hangs.
        let before = self.change(delta.wrapping_neg());
        if counter(before) == delta && before & WAITERS != 0 {
            self.release();
        }
        panic!("{misuse}");
    }

    /// Changes the counter; the state before. AcqRel: what happened before each `done` is seen by
    /// the one that brings the counter to zero, and through it by those it wakes.
    fn change(&self, delta: i32) -> u64 {
        self.state.fetch_add(u64::from(delta as u32) << 32, AcqRel)
    }

    /// The counter has reached zero while somebody waited.
    #[cold]
    fn release(&self) {
        let mut woken = WakeList::new();
        let mut held = self.waiters.lock();
        // It may be the next use already, if those who waited have given up.
        if counter(self.state.load(Acquire)) == 0 {
            self.state.fetch_and(!WAITERS, Relaxed);
            held.pop_all_into(&mut woken, Outcome::Granted);
        }
    }

    fn wait(&self, limit: Limit) -> Result<(), Cut> {
        match counter(self.state.load(Acquire)) {
            0 => Ok(()),
            _ => self.wait_slow(limit),
        }
    }

    #[cold]
    fn wait_slow(&self, limit: Limit) -> Result<(), Cut> {
        let parker = Parker::current();
        let waiter = Waiter::new(parker.unparker(), 0);
        let mut held = self.waiters.lock();
        // Either this is before the last `done`, which then sees it, or after, and sees that.
        let announced = self.state.fetch_update(Relaxed, Acquire, |state| {
            (counter(state) != 0).then_some(state | WAITERS)
        });
        if announced.is_err() {
            return Ok(());
        }
        // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn.
        unsafe { held.push_back(&waiter) };
        // SAFETY: 1. queued just now.
        let waited = unsafe {
            let reason = WaitReason::WaitGroupWait;
            wait::wait(&self.waiters, held, |q| q, &parker, &waiter, reason, limit)
        };
        match waited {
            Waited::Claimed => {
                if self.state.load(Relaxed) != 0 {
                    panic!("sync: WaitGroup is reused before previous Wait has returned");
                }
                Ok(())
            }
            Waited::Withdrawn(held, cut) => {
                if held.is_empty() {
                    self.state.fetch_and(!WAITERS, Relaxed);
                }
                drop(held);
                Err(cut.leave(&parker))
            }
        }
    }
}

impl Default for WaitGroup {
    fn default() -> Self {
        WaitGroup::new()
    }
}

impl fmt::Debug for WaitGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitGroup")
            .field("counter", &counter(self.inner.state.load(Relaxed)))
            .finish_non_exhaustive()
    }
}
