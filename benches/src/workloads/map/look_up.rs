//! Looking up keys that are there, and keys that are not, in a large map and in a small one.

use super::{LARGE, SMALL, SMALL_LOOKUPS, filled, keys, shuffle, sum_below};
use crate::repeat::per_op;
use crate::setup::Setup;
use gompa::hmap::HMap;
use std::error::Error;
use std::hint::black_box;

/// Nanoseconds a look-up that finds its key.
pub fn hit(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let look = |map: &HMap<u64, u64>, key: &u64| map.get(key).copied().unwrap_or(0);
    probe(setup, "map_hit", 1, look, sum_below)
}

/// Nanoseconds a look-up that finds nothing.
pub fn miss(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let look = |map: &HMap<u64, u64>, key: &u64| u64::from(map.contains_key(key));
    probe(setup, "map_miss", 2, look, |_, _| 0)
}

/// Looks keys of this seed up. What `look` gives must come to the sum `expected` of so many entries
/// in so many rounds.
fn probe(
    setup: &Setup,
    workload: &'static str,
    seed: u64,
    look: impl Fn(&HMap<u64, u64>, &u64) -> u64 + Copy + Send + 'static,
    expected: fn(u64, u64) -> u64,
) -> Result<(), Box<dyn Error>> {
    for (tag, entries, lookups) in [("8M", LARGE, LARGE), ("1k", SMALL, SMALL_LOOKUPS)] {
        let entries = if entries == LARGE {
            setup.scaled(entries)
        } else {
            entries
        };
        let rounds = (setup.scaled(lookups) / entries).max(1);
        let map = filled(entries);
        let mut probe = keys(entries, seed);
        shuffle(&mut probe);
        let metric = format!("ns_per_lookup_{tag}");
        per_op(setup, workload, &metric, rounds * entries, move || {
            let mut sum = 0;
            for _ in 0..rounds {
                for key in black_box(&probe) {
                    sum += look(&map, key);
                }
            }
            assert_eq!(sum, expected(entries, rounds));
        });
    }
    Ok(())
}
