//! One event: a value on a channel, or a function called.

use super::clock::Clock;
use super::{due_after, func};
use crate::chan::Chan;
use crate::sides::Receiver;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One event in the future. See the [module](super) for the rules.
///
/// ```
/// use gompa_chan::time::{Duration, Timer};
///
/// let timer = Timer::new(Duration::from_secs(3600));
/// assert!(timer.reset(Duration::from_millis(1)));
/// timer.c().recv().unwrap();
/// assert!(!timer.stop());
/// ```
#[derive(Debug)]
pub struct Timer {
    kind: Kind,
    /// Nil unless the event is a value.
    c: Receiver<Instant>,
}

#[derive(Debug)]
enum Kind {
    /// Go's zero value: of no use.
    Zero,
    Channel(Arc<Clock>),
    Func(gompa_park::timer::Timer),
}

impl Timer {
    /// A timer that sends the time on its channel once `d` has passed.
    pub fn new(d: Duration) -> Timer {
        let (clock, c) = Clock::start(due_after(d), None);
        Timer {
            kind: Kind::Channel(clock),
            c,
        }
    }

    /// The channel. Nil, hence never ready, for a timer of [`after_func`].
    pub fn c(&self) -> &Receiver<Instant> {
        &self.c
    }

    /// Calls the event off. Returns whether it was still to come: its value not received, its
    /// function not started. Does not wait for a function that runs.
    ///
    /// # Panics
    /// "time: Stop called on uninitialized Timer", on a default value.
    #[track_caller]
    pub fn stop(&self) -> bool {
        match &self.kind {
            Kind::Zero => panic!("time: Stop called on uninitialized Timer"),
            Kind::Channel(clock) => clock.stop(&self.c),
            Kind::Func(timer) => timer.stop(),
        }
    }

    /// Sets the event to `d` from now. Returns whether it was still to come, as
    /// [`stop`](Self::stop) does. A function that has been called will be called again.
    ///
    /// # Panics
    /// "time: Reset called on uninitialized Timer", on a default value.
    #[track_caller]
    pub fn reset(&self, d: Duration) -> bool {
        match &self.kind {
            Kind::Zero => panic!("time: Reset called on uninitialized Timer"),
            Kind::Channel(clock) => clock.reset(&self.c, due_after(d), None),
            Kind::Func(timer) => timer.reset(due_after(d), None),
        }
    }
}

impl Default for Timer {
    /// Go's zero value: its channel is nil, and it can be neither stopped nor reset.
    fn default() -> Self {
        Timer {
            kind: Kind::Zero,
            c: Chan::nil().into(),
        }
    }
}

/// A channel that gets the time once `d` has passed. Nothing is left behind if nobody waits for it.
pub fn after(d: Duration) -> Receiver<Instant> {
    Timer::new(d).c
}

/// Calls `f` in a goroutine of its own once `d` has passed (on a plain thread of its own where no
/// scheduler runs this code). Dropping the timer does not stop it.
///
/// `f` is called again if the timer is reset. It may change what it has captured, so two calls never
/// overlap: the later one waits. (In Go they may.)
pub fn after_func<F>(d: Duration, f: F) -> Timer
where
    F: FnMut() + Send + 'static,
{
    let timer = func::timer(f);
    timer.start(due_after(d), None);
    Timer {
        kind: Kind::Func(timer),
        c: Chan::nil().into(),
    }
}
