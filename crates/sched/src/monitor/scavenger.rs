//! Gives back memory that nobody has needed of late: stacks, and blocks of the allocator.
//!
//! Once a [`PERIOD`] it is found out which stacks were not needed in the last one; these go a few at
//! a time, a [`STEP`] apart, so that the monitor is never away from its other duties for long, and a
//! million of them are gone within a minute.

use crate::alloc;
use crate::runtime::Sched;
use gompa_park::time::Nanos;

/// For how long memory must not have been needed.
const PERIOD: Nanos = 1_000_000_000;
/// Between two portions.
const STEP: Nanos = 10_000_000;

/// See the [module](self).
pub(super) struct Scavenger {
    /// When stock was last taken.
    stock: Nanos,
    /// When the last portion went.
    last: Nanos,
    /// Whether there are more.
    more: bool,
}

impl Scavenger {
    pub(super) fn new(now: Nanos) -> Scavenger {
        Scavenger {
            stock: now,
            last: now,
            more: false,
        }
    }

    /// Does what is due.
    pub(super) fn work(&mut self, sched: &Sched, now: Nanos) {
        if now.saturating_sub(self.stock) >= PERIOD {
            self.stock = now;
            sched.stacks.take_stock();
            alloc::scavenge(now);
            self.more = true;
        }
        if self.more && now.saturating_sub(self.last) >= STEP {
            self.last = now;
            self.more = sched.stacks.scavenge();
        }
    }

    /// When there is something to do again, if there may be.
    pub(super) fn next_due(&self, sched: &Sched) -> Option<Nanos> {
        if self.more {
            Some(self.last + STEP)
        } else {
            (sched.stacks.has_unused() || alloc::has_unused()).then(|| self.stock + PERIOD)
        }
    }
}
