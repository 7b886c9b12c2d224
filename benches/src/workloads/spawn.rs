//! Goroutines that only count themselves down, waited for in batches.

use crate::repeat::per_op;
use crate::setup::Setup;
use crate::wait_group::WaitGroup;
use std::error::Error;

const TASKS: u64 = 1_000_000;
const BATCH: usize = 10_000;

/// Nanoseconds a goroutine, from its start to the end of its batch.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let batches = setup.scaled(TASKS / BATCH as u64);
    let group = WaitGroup::leak();
    per_op(
        setup,
        "spawn",
        "ns_per_task",
        batches * BATCH as u64,
        move || {
            for _ in 0..batches {
                group.add(BATCH);
                for _ in 0..BATCH {
                    drop(gompa::go(move || group.done()));
                }
                group.wait();
            }
        },
    );
    Ok(())
}
