//! Looking up keys that are not there, in a large map and in a small one.

use super::{LARGE, SMALL, SMALL_LOOKUPS, filled, keys, shuffle};
use crate::repeat::per_op;
use crate::setup::Setup;
use std::error::Error;
use std::hint::black_box;

/// Nanoseconds a look-up.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    for (tag, entries, lookups) in [("8M", LARGE, LARGE), ("1k", SMALL, SMALL_LOOKUPS)] {
        let entries = if entries == LARGE {
            setup.scaled(entries)
        } else {
            entries
        };
        let rounds = (setup.scaled(lookups) / entries).max(1);
        let map = filled(entries);
        let mut probe = keys(entries, 2);
        shuffle(&mut probe);
        let metric = format!("ns_per_lookup_{tag}");
        per_op(setup, "map_miss", &metric, rounds * entries, move || {
            let mut found = 0;
            for _ in 0..rounds {
                for key in black_box(&probe) {
                    found += u64::from(map.contains_key(key));
                }
            }
            assert_eq!(found, 0);
        });
    }
    Ok(())
}
