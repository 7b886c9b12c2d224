//! What a goroutine costs in memory while it waits: many receive on one channel that never sends.

use crate::fresh::{self, value};
use crate::process::resident_bytes;
use crate::result::report;
use crate::setup::Setup;
use gompa::chan::{self, Chan};
use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How many wait, and how metrics call that number.
const SIZES: [(u64, &str); 2] = [(100_000, "100k"), (1_000_000, "1M")];
const RUNS: u32 = 3;

/// Resident bytes a goroutine, and milliseconds until all of them have run.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    if let (true, Some(tasks)) = (setup.child, setup.size) {
        match setup.enter(move || park(tasks))? {}
    }
    for (tasks, size) in SIZES {
        let tasks = setup.scaled(tasks).to_string();
        let values = fresh::children(RUNS, &["-n", &tasks])?;
        report(
            setup,
            "parked",
            &format!("rss_per_task_{size}"),
            &values["bytes"],
            "B",
        );
        report(
            setup,
            "parked",
            &format!("spawn_ms_{size}"),
            &values["ms"],
            "ms",
        );
    }
    Ok(())
}

fn park(tasks: u64) -> std::io::Result<Infallible> {
    let never: Chan<u64> = chan::make(0);
    let started = Arc::new(AtomicU64::new(0));
    let (before, begun) = (resident_bytes()?, Instant::now());
    for _ in 0..tasks {
        let (never, started) = (never.clone(), Arc::clone(&started));
        drop(gompa::go(move || {
            started.fetch_add(1, Ordering::Relaxed);
            never.recv();
        }));
    }
    while started.load(Ordering::Relaxed) < tasks {
        gompa::time::sleep(Duration::from_millis(1));
    }
    value("ms", begun.elapsed().as_secs_f64() * 1e3);
    // The last ones are still on their way into the receive.
    gompa::time::sleep(Duration::from_millis(200));
    let grown = resident_bytes()?.saturating_sub(before);
    value("bytes", grown as f64 / tasks as f64);
    // Ending a million goroutines takes longer than starting them, and is not what is measured.
    std::process::exit(0)
}
