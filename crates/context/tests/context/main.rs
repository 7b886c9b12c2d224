//! Contexts, on plain threads.
#![cfg(not(loom))]

mod after;
mod basic;
mod chains;
mod deadlines;
mod foreign;
mod golden;
mod lossless;
mod storms;
mod values;
mod waits;

use gompa_chan::TryRecvError;
use gompa_context::Context;
use std::time::Duration;

/// Long enough never to be over while a test runs.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Whether the done channel is closed.
pub fn is_done(ctx: &Context) -> bool {
    ctx.done().try_recv() == Err(TryRecvError::Closed)
}

/// Waits until `ready`, which becomes true soon.
pub fn until(what: &str, mut ready: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}
