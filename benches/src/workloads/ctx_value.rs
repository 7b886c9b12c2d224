//! A look-up of the value that was set first, through ten contexts with keys of one type.

use crate::repeat::per_op;
use crate::setup::Setup;
use gompa::context;
use std::error::Error;
use std::hint::black_box;

const LOOKUPS: u64 = 10_000_000;
const LEVELS: u32 = 10;

#[derive(PartialEq, Eq)]
struct Key(u32);

/// Nanoseconds a look-up.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let lookups = setup.scaled(LOOKUPS);
    let ctx = (0..LEVELS).fold(context::background(), |ctx, level| {
        context::with_value(&ctx, Key(level), u64::from(level) + 1)
    });
    per_op(setup, "ctx_value", "ns_per_lookup", lookups, move || {
        let mut sum = 0;
        for _ in 0..lookups {
            let value = black_box(&ctx).value::<Key, u64>(&Key(0));
            sum += *value.expect("it was set");
        }
        assert_eq!(sum, lookups);
    });
    Ok(())
}
