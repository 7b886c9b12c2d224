//! Two Ps, four goroutines in a hot loop that never enters the runtime, and a ticker that wants to
//! run every millisecond.

use crate::lateness::Ticker;
use crate::result::report;
use crate::setup::Setup;
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

const LOOPS: usize = 4;
const LASTING: Duration = Duration::from_secs(3);
/// Rounds of a loop between two looks at the clock.
const ROUNDS: u32 = 200_000;
/// Three runs of three seconds say enough.
const MOST_RUNS: u32 = 3;

/// How late the ticker woke, in microseconds.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let lasting = LASTING / u32::try_from(setup.shrink)?;
    let mut runs = Vec::new();
    for _ in 0..setup.reps.min(MOST_RUNS) {
        runs.push(setup.enter(move || {
            let ticker = Ticker::start();
            let end = Instant::now() + lasting;
            let loops: Vec<_> = (0..LOOPS).map(|_| gompa::go(move || spin(end))).collect();
            for hot in loops {
                hot.join().expect("a hot loop only counts");
            }
            ticker.stop()
        }));
    }
    for (metric, q) in [("p50_us", 0.5), ("p99_us", 0.99), ("max_us", 1.0)] {
        let late: Vec<f64> = runs.iter().map(|r| r.quantile(q)).collect();
        report(setup, "fairness", metric, &late, "us");
    }
    let ticks: Vec<f64> = runs.iter().map(|r| r.ticks()).collect();
    report(setup, "fairness", "ticks", &ticks, "wake-ups");
    Ok(())
}

/// Computes until `end`, without a call that could yield.
fn spin(end: Instant) {
    let mut x = 1u64;
    while Instant::now() < end {
        for _ in 0..ROUNDS {
            x = black_box(x)
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
        }
    }
    black_box(x);
}
