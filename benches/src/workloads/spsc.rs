//! One producer, one consumer.

use super::queue::{self, Shape};
use crate::setup::Setup;
use std::error::Error;

/// Nanoseconds a message.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    queue::run(
        setup,
        &Shape {
            name: "spsc",
            producers: 1,
            consumers: 1,
            messages: 5_000_000,
        },
    )
}
