//! The collector's cycle, and who drives it.
//!
//! ```text
//!   Off   finish the sweep
//!   Prep  handshake, and again            every store logs old and new value
//!   Mark  handshake                       each mutator is scanned, once, then black
//!         roots, mutators, then whatever is grey; logs, over and over
//!         nothing grey, logs looked at once: done
//!   Term  handshake                       weak pointers wait; what came meanwhile: back to Mark
//!         verdict: weak pointers cleared, cleanups queued
//!   Off   handshake                       marks are what is allocated; sweep
//! ```
//! One thread of the collector's own drives; mutators help to mark ([`pay`]). Why each step is there
//! is in `protocol/README.md`.

pub(crate) mod cleanup;
pub(crate) mod driver;
#[cfg(test)]
pub(crate) mod gate;
pub(crate) mod mark;
pub(crate) mod pacer;
pub(crate) mod pay;
pub(crate) mod quiet;
pub(crate) mod request;
pub(crate) mod trace_line;
#[cfg(test)]
mod while_marking;
#[cfg(test)]
mod while_marking_map;

use std::sync::Once;

/// Starts the collector's thread, once.
#[inline]
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        crate::env::read();
        let thread = std::thread::Builder::new().name("gompa-gc".into());
        if let Err(e) = thread.spawn(driver::run) {
            panic!("gompa-gc: cannot start the collector's thread: {e}");
        }
    });
}
