//! A thousand producers, one consumer: nearly all of them wait at any time.

use super::queue::{self, Shape};
use crate::setup::Setup;
use std::error::Error;

/// Nanoseconds a message.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    queue::run(
        setup,
        &Shape {
            name: "mpsc1k",
            producers: 1_000,
            consumers: 1,
            messages: 1_000_000,
        },
    )
}
