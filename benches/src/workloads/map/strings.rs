//! Keys that own memory.

use super::{SplitMix, shuffle, sum_below};
use crate::repeat::per_op;
use crate::result::report;
use crate::setup::Setup;
use gompa::hmap::HMap;
use std::error::Error;
use std::time::Instant;

const KEYS: u64 = 1_000_000;

fn strings(count: u64) -> Vec<String> {
    let mut random = SplitMix(1);
    (0..count)
        .map(|_| format!("{:016x}", random.draw()))
        .collect()
}

fn filled(keys: Vec<String>) -> HMap<String, u64> {
    let mut map = HMap::new();
    for (n, key) in keys.into_iter().enumerate() {
        map.insert(key, n as u64);
    }
    map
}

/// Nanoseconds an insertion, and a look-up in order and out of it.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let (count, reps) = (setup.scaled(KEYS), setup.reps);
    let inserts = setup.enter(move || {
        let mut values = Vec::new();
        for rep in 0..=reps {
            // The keys are made before, and moved into the map.
            let keys = strings(count);
            let begun = Instant::now();
            let map = filled(keys);
            let ns = begun.elapsed().as_nanos() as f64 / count as f64;
            assert_eq!(map.len() as u64, count);
            if rep > 0 {
                values.push(ns);
            }
        }
        values
    });
    report(setup, "map_str", "ns_per_insert", &inserts, "ns");
    for metric in ["ns_per_hit", "ns_per_hit_shuffled"] {
        let map = filled(strings(count));
        let mut probe = strings(count);
        if metric == "ns_per_hit_shuffled" {
            shuffle(&mut probe);
        }
        per_op(setup, "map_str", metric, count, move || {
            let sum: u64 = probe.iter().filter_map(|key| map.get(key.as_str())).sum();
            assert_eq!(sum, sum_below(count, 1));
        });
    }
    Ok(())
}
