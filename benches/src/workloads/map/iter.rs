//! Iteration over a large map.

use super::{LARGE, filled, sum_below};
use crate::repeat::per_op;
use crate::setup::Setup;
use std::error::Error;
use std::hint::black_box;

/// Nanoseconds an entry.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let entries = setup.scaled(LARGE);
    let map = filled(entries);
    per_op(setup, "map_iter", "ns_per_op", entries, move || {
        let (mut keys, mut values) = (0_u64, 0);
        for (key, value) in &map {
            keys = keys.wrapping_add(*key);
            values += value;
        }
        black_box(keys);
        assert_eq!(values, sum_below(entries, 1));
    });
    Ok(())
}
