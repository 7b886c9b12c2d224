//! Contexts on goroutines: their ends reach into waits of every kind, sockets included.

mod goroutines;
mod sockets;
mod storms;

use std::time::{Duration, Instant};

/// Long enough never to be over while a test runs.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Waits until `ready`, which becomes true soon.
pub fn until(what: &str, mut ready: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        gompa::time::sleep(Duration::from_micros(200));
    }
}

/// Runs `f` as the main goroutine of runtimes of one and of two Ps.
pub fn on_one_and_two(f: impl Fn() + Send + Sync + Clone + 'static) {
    for procs in [1, 2] {
        gompa::Builder::new().procs(procs).run(f.clone());
    }
}
