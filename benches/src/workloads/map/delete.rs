//! Deletion of everything, in an order that has nothing to do with that of the buckets.

use super::{LARGE, filled, keys, shuffle};
use crate::result::report;
use crate::setup::Setup;
use std::error::Error;
use std::time::Instant;

/// Nanoseconds a deletion; then the worst of them. The map shrinks on the way.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let (count, reps) = (setup.scaled(LARGE), setup.reps);
    let [mean, p9999, max] = setup.enter(move || {
        let mut order = keys(count, 1);
        shuffle(&mut order);
        let mut took = vec![1; count as usize];
        let mut values = [vec![], vec![], vec![]];
        for rep in 0..=reps {
            let mut map = filled(count);
            let begun = Instant::now();
            for key in &order {
                map.remove(key);
            }
            let mean = begun.elapsed().as_nanos() as f64 / count as f64;
            assert!(map.is_empty());

            let mut map = filled(count);
            let mut before = Instant::now();
            for (key, took) in order.iter().zip(&mut took) {
                map.remove(key);
                let now = Instant::now();
                *took = (now - before).as_nanos() as u64;
                before = now;
            }
            took.sort_unstable();
            if rep > 0 {
                values[0].push(mean);
                values[1].push(took[(count - count / 10_000 - 1) as usize] as f64 / 1e3);
                values[2].push(took[count as usize - 1] as f64 / 1e3);
            }
        }
        values
    });
    report(setup, "map_delete", "ns_per_op", &mean, "ns");
    report(setup, "map_delete", "p99.99_us", &p9999, "us");
    report(setup, "map_delete", "max_us", &max, "us");
    Ok(())
}
