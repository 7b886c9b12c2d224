//! What `spsc`, `mpmc` and `mpsc1k` share: producers and consumers on one channel of capacity 128,
//! closed when the last producer has ended.

use crate::repeat::per_op;
use crate::setup::Setup;
use crate::wait_group::WaitGroup;
use gompa::chan::{self, Chan};
use std::error::Error;

const CAPACITY: usize = 128;

/// How many take part, and with how much.
pub struct Shape {
    /// The workload's name.
    pub name: &'static str,
    /// Goroutines that send, each its share of the messages.
    pub producers: u64,
    /// Goroutines that receive until the channel is closed and drained.
    pub consumers: usize,
    /// Messages in all.
    pub messages: u64,
}

/// Nanoseconds a message; the sum of all that arrived is checked.
pub fn run(setup: &Setup, shape: &Shape) -> Result<(), Box<dyn Error>> {
    let each = setup.scaled(shape.messages / shape.producers);
    let (producers, consumers) = (shape.producers, shape.consumers);
    let total = each * producers;
    let group = WaitGroup::leak();
    per_op(setup, shape.name, "ns_per_msg", total, move || {
        let queue: Chan<u64> = chan::make(CAPACITY);
        let sums: Chan<u64> = chan::make(consumers);
        group.add(producers as usize);
        for producer in 0..producers {
            let queue = queue.clone();
            drop(gompa::go(move || {
                for i in 0..each {
                    queue.send(producer * each + i);
                }
                group.done();
            }));
        }
        for _ in 0..consumers {
            let (queue, sums) = (queue.clone(), sums.clone());
            drop(gompa::go(move || sums.send((&queue).into_iter().sum())));
        }
        group.wait();
        queue.close();
        let sum: u64 = (0..consumers).filter_map(|_| sums.recv()).sum();
        assert_eq!(
            sum,
            total * (total - 1) / 2,
            "a message was lost or came twice"
        );
    });
    Ok(())
}
