//! The collector's cycle, and who drives it.
//!
//! ```text
//!   Prep  handshake, and again            every store logs old and new value
//!   Mark  handshake                       each mutator is scanned, once, then black
//!         roots, mutators, then whatever is grey; logs, over and over
//!         nothing grey, logs looked at once: done
//!   Term  handshake                       weak pointers wait; what came meanwhile: back to Mark
//!         verdict: weak pointers cleared, cleanups queued
//!   Off   handshake                       marks are what is allocated; sweep
//! ```
//! A cycle is a row of small steps ([`driver`]); anybody may take the next one, and mark. Ordinarily
//! workers in the background do ([`background`]); who allocates pays its share ([`pay`]); who calls
//! `collect` drives; where there is no processor left for the workers, mutators do all of it. When a
//! cycle begins and how large the heap may become is up to the [`pacer`], what the collector may cost
//! to the [`governor`]. Why each step is there is in `protocol/README.md`.

pub(crate) mod background;
pub(crate) mod cgroup;
pub(crate) mod cleanup;
pub(crate) mod driver;
#[cfg(test)]
pub(crate) mod gate;
pub(crate) mod governor;
mod grey;
pub(crate) mod hooks;
pub(crate) mod mark;
pub(crate) mod pacer;
pub(crate) mod pay;
pub(crate) mod quiet;
pub(crate) mod request;
pub(crate) mod trace_line;
#[cfg(test)]
mod while_marking;

/// For tests: the cycle may be stopped here.
macro_rules! gate_at {
    ($point:ident) => {
        #[cfg(test)]
        crate::cycle::gate::pass(crate::cycle::gate::Point::$point);
    };
}
use gate_at;

use std::sync::Once;

/// Starts the collector's thread, once.
#[inline]
pub(crate) fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| gompa_park::init_trace::traced("gompa_gc", set_up));
}

#[cold]
fn set_up() {
    crate::env::read();
    request::start();
    pacer::notice();
    let thread = std::thread::Builder::new().name("gompa-gc".into());
    if let Err(e) = thread.spawn(background::run) {
        panic!("gompa-gc: cannot start the collector's thread: {e}");
    }
}
