//! A consumer that selects over four unbuffered channels, with a producer behind each.

use crate::repeat::per_op;
use crate::setup::Setup;
use gompa::chan::{self, Chan};
use std::error::Error;

const MESSAGES: u64 = 1_000_000;
const PRODUCERS: u64 = 4;

/// Nanoseconds a message; the sum of all that arrived is checked.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let each = setup.scaled(MESSAGES / PRODUCERS);
    let total = each * PRODUCERS;
    per_op(setup, "select4", "ns_per_msg", total, move || {
        let [a, b, c, d]: [Chan<u64>; PRODUCERS as usize] = std::array::from_fn(|producer| {
            let channel = chan::make(0);
            let to = channel.clone();
            drop(gompa::go(move || {
                for i in 0..each {
                    to.send(producer as u64 * each + i);
                }
            }));
            channel
        });
        let consumer = gompa::go(move || {
            let mut sum = 0;
            for _ in 0..total {
                let value = gompa::select! {
                    recv(a) -> value => value,
                    recv(b) -> value => value,
                    recv(c) -> value => value,
                    recv(d) -> value => value,
                };
                sum += value.expect("nobody closes");
            }
            sum
        });
        let sum = consumer.join().expect("the consumer only sums");
        assert_eq!(
            sum,
            total * (total - 1) / 2,
            "a message was lost or came twice"
        );
    });
    Ok(())
}
