//! Insertion into an empty map, and the latency of each.

use super::{LARGE, SplitMix, filled};
use crate::result::report;
use crate::setup::Setup;
use gompa::hmap::HMap;
use std::error::Error;
use std::time::Instant;

/// Nanoseconds an insertion; then the worst of them.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let (count, reps) = (setup.scaled(LARGE), setup.reps);
    let means = setup.enter(move || {
        let mut means = Vec::new();
        for rep in 0..=reps {
            let begun = Instant::now();
            let map = filled(count);
            let ns = begun.elapsed().as_nanos() as f64 / count as f64;
            assert_eq!(map.len() as u64, count);
            if rep > 0 {
                means.push(ns);
            }
        }
        means
    });
    report(setup, "map_insert", "ns_per_insert", &means, "ns");

    let [p50, p9999, max] = setup.enter(move || {
        let mut took = vec![1; count as usize];
        let mut values = [vec![], vec![], vec![]];
        for rep in 0..=reps {
            latencies(&mut took);
            took.sort_unstable();
            let ranks = [count / 2, count - count / 10_000 - 1, count - 1];
            for (value, rank) in values.iter_mut().zip(ranks) {
                if rep > 0 {
                    value.push(took[rank as usize] as f64 / 1e3);
                }
            }
        }
        values
    });
    report(setup, "map_insert", "p50_us", &p50, "us");
    report(setup, "map_insert", "p99.99_us", &p9999, "us");
    report(setup, "map_insert", "max_us", &max, "us");
    Ok(())
}

/// One reading of the clock an insertion: each figure is the whole step of the loop.
fn latencies(took: &mut [u64]) {
    let mut map = HMap::new();
    let mut random = SplitMix(1);
    let mut before = Instant::now();
    for (n, took) in took.iter_mut().enumerate() {
        map.insert(random.draw(), n as u64);
        let now = Instant::now();
        *took = (now - before).as_nanos() as u64;
        before = now;
    }
}
