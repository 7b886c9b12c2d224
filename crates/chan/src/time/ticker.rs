//! Events again and again.

use super::clock::Clock;
use super::due_after;
use crate::chan::Chan;
use crate::sides::Receiver;
use gompa_park::time::{NEVER, Nanos};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sends the time again and again. A receiver that is too slow misses ticks: at most one is kept.
///
/// ```
/// use gompa_chan::time::{Duration, Ticker};
///
/// let ticker = Ticker::new(Duration::from_millis(1));
/// let first = ticker.c().recv().unwrap();
/// assert!(ticker.c().recv().unwrap() >= first + Duration::from_millis(1));
/// ```
#[derive(Debug)]
pub struct Ticker {
    /// `None`: Go's zero value.
    clock: Option<Arc<Clock>>,
    /// Nil for the zero value.
    c: Receiver<Instant>,
}

impl Ticker {
    /// A ticker that ticks every `d`, first in `d`.
    ///
    /// # Panics
    /// "non-positive interval for NewTicker", if `d` is 0.
    #[track_caller]
    pub fn new(d: Duration) -> Ticker {
        assert!(!d.is_zero(), "non-positive interval for NewTicker");
        let (clock, c) = Clock::start(due_after(d), Some(interval(d)));
        Ticker {
            clock: Some(clock),
            c,
        }
    }

    /// The channel; nil, hence never ready, of a default value.
    pub fn c(&self) -> &Receiver<Instant> {
        &self.c
    }

    /// Ends the ticking. The channel is not closed: who waits there goes on waiting.
    pub fn stop(&self) {
        if let Some(clock) = &self.clock {
            clock.stop(&self.c);
        }
    }

    /// Ticks every `d` from now on, first in `d`.
    ///
    /// # Panics
    /// "non-positive interval for Ticker.Reset", if `d` is 0; "time: Reset called on uninitialized
    /// Ticker", on a default value.
    #[track_caller]
    pub fn reset(&self, d: Duration) {
        assert!(!d.is_zero(), "non-positive interval for Ticker.Reset");
        let Some(clock) = &self.clock else {
            panic!("time: Reset called on uninitialized Ticker");
        };
        clock.reset(&self.c, due_after(d), Some(interval(d)));
    }
}

fn interval(d: Duration) -> Nanos {
    Nanos::try_from(d.as_nanos()).unwrap_or(NEVER)
}

impl Default for Ticker {
    /// Go's zero value: its channel is nil, and it cannot be reset.
    fn default() -> Self {
        Ticker {
            clock: None,
            c: Chan::nil().into(),
        }
    }
}

/// The channel of a ticker that cannot be stopped; nil if `d` is 0. Dropping it ends the ticking.
pub fn tick(d: Duration) -> Receiver<Instant> {
    if d.is_zero() {
        return Chan::nil().into();
    }
    Clock::start(due_after(d), Some(interval(d))).1
}
