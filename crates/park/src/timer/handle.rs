//! A timer's handle and its callback's argument: what users see of a timer.

use super::inner::{Aftermath, Inner};
use super::timers::Timers;
use crate::time::{NEVER, Nanos};
use std::sync::Arc;

/// A timer's handle. Clones are the same timer. Dropping the handles does not stop it.
#[derive(Clone)]
pub struct Timer(Arc<Inner>);

/// A callback's argument.
#[derive(Clone, Copy, Debug)]
pub struct Fired<'a> {
    /// When it was due.
    pub when: Nanos,
    /// The time now, as of the run that found it due.
    pub now: Nanos,
    /// The number of stops and resets before it was found due.
    pub seq: u32,
    pub(super) timer: &'a Inner,
}

impl Fired<'_> {
    /// Whether the timer has been neither stopped nor reset since it was found due.
    ///
    /// A stop may come while the callback is on its way, too late to call it off. A callback that
    /// must not act after a stop takes a lock that its stopper holds, too, and asks here.
    pub fn is_current(&self) -> bool {
        self.timer.seq() == self.seq
    }
}

impl Timer {
    /// A timer that is not started. `callback` runs on the stack of whoever runs the heap, perhaps
    /// a scheduler's, and may be dropped there: neither must block, nor panic (which ends the
    /// process). It may use the timer itself. Two calls may overlap where the timer is restarted
    /// between them.
    pub fn new(callback: impl Fn(Fired<'_>) + Send + Sync + 'static) -> Timer {
        Timer(Arc::new(Inner::new(Box::new(callback))))
    }

    /// Sets the timer to fire at `when`, then, with a period, again and again that much later.
    /// Times already missed are skipped. A period of 0 is none.
    pub fn start(&self, when: Nanos, period: Option<Nanos>) {
        self.reset(when, period);
    }

    /// As [`start`](Self::start). Returns whether the timer was pending: false if it had been
    /// stopped, or fired for the last time.
    pub fn reset(&self, when: Nanos, period: Option<Nanos>) -> bool {
        Inner::set(&self.0, when, period, super::current).0
    }

    /// As [`reset`](Self::reset), in a heap of the caller's choice.
    pub fn reset_in(&self, heap: &Arc<Timers>, when: Nanos, period: Option<Nanos>) -> bool {
        self.reset_under_lock(heap, when, period).0
    }

    /// As [`reset_in`](Self::reset_in), for those who hold a lock: what must not happen under one
    /// happens when the second value is dropped.
    pub fn reset_under_lock(
        &self,
        heap: &Arc<Timers>,
        when: Nanos,
        period: Option<Nanos>,
    ) -> (bool, Aftermath) {
        Inner::set(&self.0, when, period, || heap.clone())
    }

    /// Calls the timer off; may be called under a lock. Returns whether it was pending. If false, its callback has been called,
    /// or is about to be: see [`Fired::is_current`].
    pub fn stop(&self) -> bool {
        self.0.stop()
    }

    /// When it is due, if it is pending.
    pub fn when(&self) -> Option<Nanos> {
        Some(self.0.when()).filter(|&when| when != NEVER)
    }

    /// Whether both are the same timer.
    pub fn same(&self, other: &Timer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timer")
            .field("when", &self.when())
            .finish_non_exhaustive()
    }
}
