//! Many goroutines that sleep, each a pseudo-random time up to a second.

use crate::fresh::{self, value};
use crate::process;
use crate::result::report;
use crate::setup::Setup;
use crate::wait_group::WaitGroup;
use std::error::Error;
use std::time::{Duration, Instant};

const TASKS: u64 = 1_000_000;
const LONGEST_MS: u64 = 1000;
const SEED: u64 = 42;
const RUNS: u32 = 3;

/// CPU seconds for all, and how long after the longest sleep the last one ended.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    if setup.child {
        let tasks = setup.scaled(TASKS);
        return setup.enter(move || sleep_all(tasks)).map_err(Into::into);
    }
    let values = fresh::children(RUNS, &[])?;
    report(setup, "timers", "cpu_s", &values["cpu"], "s");
    report(setup, "timers", "ms_beyond_1000", &values["beyond"], "ms");
    report(setup, "timers", "spawn_ms", &values["spawn"], "ms");
    report(setup, "timers", "peak_rss", &values["peak_rss"], "MiB");
    Ok(())
}

fn sleep_all(tasks: u64) -> std::io::Result<()> {
    let group = WaitGroup::leak();
    let mut random = SEED;
    let (cpu, begun) = (process::cpu_seconds()?, Instant::now());
    group.add(tasks as usize);
    for _ in 0..tasks {
        let nap = Duration::from_millis(xorshift(&mut random) % (LONGEST_MS + 1));
        drop(gompa::go(move || {
            gompa::time::sleep(nap);
            group.done();
        }));
    }
    let spawned = begun.elapsed();
    group.wait();
    let wall = begun.elapsed();
    value("cpu", process::cpu_seconds()? - cpu);
    value("beyond", wall.as_secs_f64() * 1e3 - LONGEST_MS as f64);
    value("spawn", spawned.as_secs_f64() * 1e3);
    value("peak_rss", process::peak_resident_mib()?);
    Ok(())
}

/// The generator all contenders draw their naps from.
fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[cfg(test)]
mod tests {
    use super::{SEED, xorshift};

    #[test]
    fn the_naps_are_those_of_all_contenders() {
        let mut state = SEED;
        assert_eq!(xorshift(&mut state), 45_454_805_674);
        assert_eq!(xorshift(&mut state), 11_532_217_803_599_905_471);
    }
}
