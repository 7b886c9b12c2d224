//! Goroutines that block their thread in the kernel without telling the runtime, many more than
//! there are Ps, and a ticker that wants to go on meanwhile.

use crate::lateness::Ticker;
use crate::result::report;
use crate::setup::Setup;
use crate::wait_group::WaitGroup;
use std::error::Error;
use std::time::{Duration, Instant};

const TASKS: usize = 64;
const SLEEPS: u64 = 20;
const SLEEP: Duration = Duration::from_millis(10);

/// Milliseconds for all of them (200 if none waits for another), and how late the ticker woke.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let (sleeps, reps) = (setup.scaled(SLEEPS), setup.reps);
    let mut runs = setup.enter(move || {
        let group = WaitGroup::leak();
        let mut runs = Vec::new();
        for _ in 0..=reps {
            let ticker = Ticker::start();
            let begun = Instant::now();
            group.add(TASKS);
            for _ in 0..TASKS {
                drop(gompa::go(move || {
                    for _ in 0..sleeps {
                        // The operating system's, not ours: that is the point.
                        std::thread::sleep(SLEEP);
                    }
                    group.done();
                }));
            }
            group.wait();
            let wall_ms = begun.elapsed().as_secs_f64() * 1e3;
            eprintln!("blockers: {wall_ms:.1} ms");
            runs.push((wall_ms, ticker.stop()));
        }
        runs
    });
    let (cold, _) = runs.remove(0);
    report(setup, "blockers", "wall_ms_cold", &[cold], "ms");
    let wall: Vec<f64> = runs.iter().map(|(wall, _)| *wall).collect();
    report(setup, "blockers", "wall_ms", &wall, "ms");
    for (metric, q) in [("ticker_p99_us", 0.99), ("ticker_max_us", 1.0)] {
        let late: Vec<f64> = runs.iter().map(|(_, late)| late.quantile(q)).collect();
        report(setup, "blockers", metric, &late, "us");
    }
    Ok(())
}
