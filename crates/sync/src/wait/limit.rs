//! How long somebody is ready to wait.

use gompa_park::time::{self, NEVER, Nanos};
use gompa_park::{Parker, Wake};
use std::marker::PhantomData;
use std::time::{Duration, Instant};

/// How long a wait may last.
#[derive(Clone, Copy)]
pub(crate) struct Limit<'a> {
    deadline: Nanos,
    context: PhantomData<&'a ()>,
}

impl Limit<'_> {
    /// For ever.
    pub(crate) const NONE: Limit<'static> = Limit::at(NEVER);

    const fn at(deadline: Nanos) -> Limit<'static> {
        Limit {
            deadline,
            context: PhantomData,
        }
    }

    /// As long as `timeout`.
    pub(crate) fn after(timeout: Duration) -> Limit<'static> {
        Limit::at(time::after(timeout))
    }

    /// Until `deadline`.
    pub(crate) fn until(deadline: Instant) -> Limit<'static> {
        Limit::at(time::from_instant(deadline))
    }

    pub(crate) fn deadline(&self) -> Nanos {
        self.deadline
    }
}

/// Why a wait was cut short.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Cut {
    /// The deadline passed.
    TimedOut,
    /// The runtime of the goroutine shuts down: put everything in order, then [leave](Cut::leave).
    Interrupted,
}

impl Cut {
    pub(crate) fn of(wake: Wake) -> Cut {
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
