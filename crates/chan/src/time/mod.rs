//! Sleeping, timers and tickers, with the rules of Go 1.23 and later.
//!
//! A timer's channel is a channel of the [`Instant`] the timer was due. Its `len` and `cap` are 0.
//! - After [`stop`](Timer::stop) or [`reset`](Timer::reset) no value of the time before can be
//!   received, and both are true as long as that value had not been received.
//! - A timer fires when somebody looks: its channel gets the value when someone waits there, or
//!   comes to receive. The value is the time it was due, however late that is.
//! - Hence a timer that nobody waits for is in no heap, and is freed when its [`Timer`] and its
//!   receivers are dropped; there is no need to stop it.
//!
//! Everything here works from goroutines and from plain threads.
//!
//! # Rooms
//! - `sleep`: [`sleep`].
//! - `clock`: the timer behind a channel; the protocol between its parties.
//! - `timer`: [`Timer`], [`after`], [`after_func`]. `ticker`: [`Ticker`], [`tick`].
//! - `func`: the function of [`after_func`].

mod clock;
mod func;
mod sleep;
mod ticker;
mod timer;

pub use sleep::sleep;
pub use std::time::{Duration, Instant};
pub use ticker::{Ticker, tick};
pub use timer::{Timer, after, after_func};

use gompa_park::time::{NEVER, Nanos};

/// The time `d` from now. A time past the clock's range is its end: still pending, never reached.
fn due_after(d: Duration) -> Nanos {
    gompa_park::time::after(d).min(NEVER - 1)
}
