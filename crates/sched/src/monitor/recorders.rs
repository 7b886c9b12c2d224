//! What the flight recorder needs of the monitor: that time passes is seen by Ps that are too busy to
//! look at the clock.

use crate::runtime::Sched;
use crate::trace::ticks;
use gompa_park::time::Nanos;

/// Between two pokes: each takes a cache line from the P's holder.
const EVERY: Nanos = 200_000;

/// See the [module](self).
#[derive(Default)]
pub(super) struct Recorders {
    last: Nanos,
}

impl Recorders {
    pub(super) fn poke_if_due(&mut self, sched: &Sched, now: Nanos) {
        if now.saturating_sub(self.last) < EVERY {
            return;
        }
        self.last = now;
        ticks::settle(now);
        sched.procs.iter().for_each(|p| p.trace.poke());
    }
}
