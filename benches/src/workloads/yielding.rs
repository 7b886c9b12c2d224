//! Goroutines that do nothing but yield.

use crate::repeat::per_op;
use crate::setup::Setup;
use crate::wait_group::WaitGroup;
use std::error::Error;

const TASKS: usize = 100;
const YIELDS: u64 = 10_000;

/// Nanoseconds a yield.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let yields = setup.scaled(YIELDS);
    let group = WaitGroup::leak();
    per_op(
        setup,
        "yield",
        "ns_per_yield",
        TASKS as u64 * yields,
        move || {
            group.add(TASKS);
            for _ in 0..TASKS {
                drop(gompa::go(move || {
                    for _ in 0..yields {
                        gompa::gosched();
                    }
                    group.done();
                }));
            }
            group.wait();
        },
    );
    Ok(())
}
