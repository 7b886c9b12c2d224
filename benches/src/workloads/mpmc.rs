//! Four producers, four consumers.

use super::queue::{self, Shape};
use crate::setup::Setup;
use std::error::Error;

/// Nanoseconds a message.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    queue::run(
        setup,
        &Shape {
            name: "mpmc",
            producers: 4,
            consumers: 4,
            messages: 4_000_000,
        },
    )
}
