//! One wait: who waits, who wakes, and how often.
//!
//! # Protocol
//! The waiter makes a [`Parker`], leaves its [`Unparker`] where others find it (a channel's wait
//! queue, say, under that channel's lock), and calls [`Parker::park`].
//!
//! 1. Whoever takes the `Unparker` out of there **claims** the wait: it alone calls
//!    [`Unparker::unpark`], exactly once, and does so soon.
//! 2. `park` returns [`Wake::Unparked`] exactly once for each `unpark`, never without one. An
//!    `unpark` before the `park` is kept.
//! 3. `park` may return [`Wake::TimedOut`] or [`Wake::Interrupted`] instead. The waiter then tries
//!    to **withdraw**: under the same lock it takes its `Unparker` out again. If it is still there,
//!    the wait is over and nobody will call `unpark`. If it is gone, a claimer is on its way: the
//!    waiter calls `park` again, without deadline, until it is `Unparked`, and the operation has
//!    happened.
//!
//! So an operation happens wholly or not at all, no wake-up is lost, and none is left over for a
//! later wait. After the claimer's `unpark` the claimer touches nothing of the waiter's: the waiter
//! may be gone.
//!
//! ```text
//!            publish            claim                unpark
//!   RUNNING ---------> PUBLISHED -----> CLAIMED --------------> RUNNING (Unparked)
//!                          |  timed out / interrupted, withdrawn
//!                          +------------------------------------> RUNNING (not happened)
//! ```

use crate::cut::Armed;
use crate::host::{self, Host};
use crate::reason::WaitReason;
use crate::thread;
use crate::time::{ENDLESS, NEVER, Nanos};
use std::marker::PhantomData;

/// How a call of [`Parker::park`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Wake {
    /// Somebody claimed the wait and woke us.
    Unparked,
    /// The deadline passed, or the wait was [cut](crate::cut); nobody has woken us yet. Withdraw.
    TimedOut,
    /// The host wants this code to stop waiting (its runtime shuts down). Withdraw, then call
    /// [`Parker::abandon`].
    Interrupted,
}

/// What is done once a waiter waits; see [`Parker::park_then`].
#[derive(Clone, Copy, Debug)]
pub struct Then {
    /// Called once, with `data`.
    pub run: unsafe fn(*const ()),
    /// What it is called with.
    pub data: *const (),
}

impl Then {
    /// Does it.
    ///
    /// # Safety
    /// Once, as [`Parker::park_then`] says.
    #[inline(always)]
    pub unsafe fn run(self) {
        // SAFETY: the caller's duty.
        unsafe { (self.run)(self.data) }
    }
}

/// The waiting side. Made by the code that will wait, for one wait after the other.
#[derive(Debug)]
pub struct Parker {
    host: Host,
    /// Stays with the code that made it.
    _not_send: PhantomData<*mut ()>,
}

impl Parker {
    /// A parker for whoever runs here.
    #[inline]
    pub fn current() -> Parker {
        Parker {
            host: host::current().unwrap_or_else(thread::host),
            _not_send: PhantomData,
        }
    }

    /// What others wake this waiter with. The rules of the [module](self) bind whoever uses it.
    #[inline]
    pub fn unparker(&self) -> Unparker {
        Unparker { host: self.host }
    }

    /// Waits until unparked or until `deadline` ([`NEVER`]: for ever). `reason` is what a dump
    /// shows meanwhile.
    #[inline]
    pub fn park(&self, reason: WaitReason, deadline: Nanos) -> Wake {
        // SAFETY: the host is that of the running code: a Parker is made by `current` and cannot
        // leave the code that made it (neither Send nor Sync).
        unsafe { (self.host.vtable.park)(self.host.data, reason, deadline, None) }
    }

    /// As [`park`](Self::park), and does `then` once the waiter really waits: it can be resumed
    /// from that moment on. With the unlocking of what guards the `Unparker` as `then`, nobody can
    /// claim the wait before the waiter waits, which makes both sides cheaper. `then` is done
    /// exactly once, also if the wait ends before it began.
    ///
    /// # Safety
    /// 1. `then.run(then.data)` may be called here or, while the waiter waits, on another stack of
    ///    this thread: it neither blocks nor panics, and touches no thread-local.
    /// 2. Nobody can call `unpark` for this wait before `then` has begun.
    #[inline]
    pub unsafe fn park_then(&self, reason: WaitReason, deadline: Nanos, then: Then) -> Wake {
        // SAFETY: as in `park`; the caller's duties are those of `Then`.
        unsafe { (self.host.vtable.park)(self.host.data, reason, deadline, Some(then)) }
    }

    /// As [`park`](Self::park). A wait whose deadline is not [`NEVER`] ends `TimedOut` before its
    /// time if the code that waits is [in reach](crate::cut::within) of something that ends; one until
    /// [`ENDLESS`] ends so then and only then.
    #[inline]
    pub fn park_cuttable(&self, reason: WaitReason, deadline: Nanos) -> Wake {
        if deadline == NEVER {
            return self.park(reason, NEVER);
        }
        self.park_armed(reason, deadline, None)
    }

    /// As [`park_then`](Self::park_then) and [`park_cuttable`](Self::park_cuttable).
    ///
    /// # Safety
    /// As [`park_then`](Self::park_then).
    #[inline]
    pub unsafe fn park_then_cuttable(
        &self,
        reason: WaitReason,
        deadline: Nanos,
        then: Then,
    ) -> Wake {
        if deadline == NEVER {
            // SAFETY: the caller's duties.
            return unsafe { self.park_then(reason, NEVER, then) };
        }
        self.park_armed(reason, deadline, Some(then))
    }

    /// `then`, if any, is as [`park_then`](Self::park_then) wants it.
    fn park_armed(&self, reason: WaitReason, deadline: Nanos, then: Option<Then>) -> Wake {
        let armed = Armed::new(self.host);
        let deadline = match &armed {
            // It begins all the same: so its number is used up, and a cut on its way finds another.
            Some(armed) if armed.is_cut() => 0,
            None if deadline == ENDLESS => NEVER,
            _ => deadline,
        };
        // SAFETY: as in `park`; `then` is as it is wanted.
        unsafe { (self.host.vtable.park)(self.host.data, reason, deadline, then) }
    }

    /// The host whose code made this.
    pub(crate) fn host(&self) -> Host {
        self.host
    }

    /// Waits for an unpark that is certain to come: what a waiter does when it could not withdraw.
    pub fn park_claimed(&self, reason: WaitReason) {
        while self.park(reason, NEVER) != Wake::Unparked {}
    }

    /// Ends the running code after [`Wake::Interrupted`] and a successful withdrawal: unwinds with
    /// [`Abandoned`], running every destructor on the way.
    ///
    /// # Panics
    /// If the wait was given up because the running code may not wait (see [`seat`](crate::seat)):
    /// with the reason, instead of the above.
    pub fn abandon(&self) -> ! {
        crate::seat::gave_up();
        std::panic::resume_unwind(Box::new(Abandoned))
    }
}

/// The payload of the unwinding that ends a goroutine whose runtime shuts down while it waits.
#[derive(Debug)]
pub struct Abandoned;

/// The payload of the unwinding that ends a goroutine which asked for it: what joining one that
/// called `goexit` returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goexit;

impl std::fmt::Display for Goexit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the goroutine called goexit")
    }
}

impl std::error::Error for Goexit {}

/// The waking side: wakes one waiter, once.
#[derive(Clone, Copy, Debug)]
pub struct Unparker {
    host: Host,
}

// SAFETY: the vtable's `unpark` is callable from any thread (duty 1 of `host::enter`).
unsafe impl Send for Unparker {}
// SAFETY: as above; there is no other access through a shared reference.
unsafe impl Sync for Unparker {}

impl Unparker {
    /// Wakes the waiter.
    ///
    /// # Safety
    /// 1. The caller has claimed the wait: it is the only one to call this for that wait, and calls
    ///    it once.
    /// 2. The waiter has not withdrawn; hence it is still waiting, or about to.
    #[inline]
    pub unsafe fn unpark(self) {
        // SAFETY: the waiter cannot be gone before this call (duties 1 and 2).
        unsafe { (self.host.vtable.unpark)(self.host.data) }
    }

    /// Whether both wake the same waiter (a goroutine or a thread, not a particular wait of it).
    #[inline]
    pub fn same_waiter(&self, other: &Unparker) -> bool {
        self.host.data == other.host.data
    }
}

/// Lets others run: `gosched` on a goroutine, `yield_now` on a thread.
pub fn yield_now() {
    match host::current() {
        // SAFETY: the host of the running code, looked up just now.
        Some(h) => unsafe { (h.vtable.yield_now)(h.data) },
        None => std::thread::yield_now(),
    }
}
