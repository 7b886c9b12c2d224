//! How long somebody is ready to wait, and what else ends a wait.
//!
//! A wait with a limit can also be cut short by a context in whose reach it is
//! ([`gompa_park::cut`]); to the wait that is as if its time were over.

use gompa_park::time::{self, ENDLESS, NEVER, Nanos};
use gompa_park::{Parker, Wake};
use std::time::{Duration, Instant};

/// How long a wait may last.
#[derive(Clone, Copy)]
pub(crate) struct Limit(Nanos);

impl Limit {
    /// For ever, whatever else ends.
    pub(crate) const NONE: Limit = Limit(NEVER);

    /// Until the context in whose reach the wait is ends.
    pub(crate) const CUT: Limit = Limit(ENDLESS);

    /// As long as `timeout`.
    pub(crate) fn after(timeout: Duration) -> Limit {
        Limit(time::after(timeout).min(ENDLESS))
    }

    /// Until `deadline`.
    pub(crate) fn until(deadline: Instant) -> Limit {
        Limit(time::from_instant(deadline).min(ENDLESS))
    }

    pub(super) fn deadline(self) -> Nanos {
        self.0
    }
}

/// Why a wait was cut short.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Cut {
    /// The deadline passed, or a context that it was in reach of ended.
    TimedOut,
    /// The runtime of the goroutine shuts down: put everything in order, then [leave](Cut::leave).
    Interrupted,
}

impl Cut {
    pub(super) fn of(wake: Wake) -> Cut {
        match wake {
            Wake::TimedOut => Cut::TimedOut,
            _ => Cut::Interrupted,
        }
    }

    /// Ends the running code if that is what is wanted of it. Everything is in order when this is
    /// called: no lock held, no flag of the waiter's left in a word.
    pub(crate) fn leave(self, parker: &Parker) -> Cut {
        if self == Cut::Interrupted {
            parker.abandon();
        }
        self
    }
}

/// What a wait without a limit returns: it cannot be cut short, for an interrupted one unwinds.
pub(crate) fn unlimited<T>(result: Result<T, Cut>) -> T {
    match result {
        Ok(value) => value,
        Err(_) => unreachable!("a wait without a limit was cut short"),
    }
}
