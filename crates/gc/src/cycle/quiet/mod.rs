//! A look at the whole heap while nothing in it changes: to check the collector, or to write a dump.
//!
//! It is taken at the end of marking, just before the verdict: everybody is held up at their next
//! operation ([`hold`](crate::mutator::hold)), the logs are empty, so what is marked is what the
//! collector takes for reachable.

mod check;
mod dump;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use check::ON as CHECK;
pub(crate) use dump::wait as wait_for_dump;

use crate::mutator::hold::Hold;
use std::sync::atomic::Ordering::Relaxed;

/// Everybody is held up, as soon as the next handshake is over.
pub(super) struct Quiet {
    hold: Hold,
    check: bool,
}

impl Quiet {
    /// If a check or a dump is wanted.
    pub(super) fn if_wanted() -> Option<Quiet> {
        let check = CHECK.load(Relaxed);
        (check || dump::is_wanted()).then(|| Quiet {
            hold: Hold::on(),
            check,
        })
    }

    /// Marking is over: does what is wanted, and lets everybody go on. Nothing, if somebody could not
    /// be held up: there will be a next cycle.
    pub(super) fn look(self, cycle: u64) {
        if !self.hold.is_complete() {
            return;
        }
        if self.check {
            check::check(cycle);
        }
        dump::take();
    }
}
