//! A root context with a thousand children of ten children each: made, cancelled, dropped.

use crate::result::report;
use crate::setup::Setup;
use gompa::context::{self, CancelFunc, Context};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

const TIMES: u64 = 100;
const CHILDREN: usize = 1000;
const GRANDCHILDREN: usize = 10;
const DESCENDANTS: usize = CHILDREN * (1 + GRANDCHILDREN);

/// Nanoseconds a descendant, for creating and cancelling; for cancelling once each has a done
/// channel; and for dropping, which in a collected language is part of everything else.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let times = setup.scaled(TIMES);
    for done in [false, true] {
        let reps = setup.reps;
        let [create, cancel, free] = setup.enter(move || {
            let mut all = Vec::with_capacity(DESCENDANTS);
            let mut values = [const { Vec::new() }; 3];
            for rep in 0..=reps {
                let mut spent = [Duration::ZERO; 3];
                for _ in 0..times {
                    one(&mut all, done, &mut spent);
                }
                if rep > 0 {
                    for (values, spent) in values.iter_mut().zip(spent) {
                        let per = spent.as_nanos() as f64 / (times * DESCENDANTS as u64) as f64;
                        values.push(per);
                    }
                }
            }
            values
        });
        let say = |metric, values: &[f64]| report(setup, "ctx_cancel", metric, values, "ns");
        if done {
            say("cancel_ns_per_descendant_with_done_channels", &cancel);
        } else {
            say("create_ns_per_descendant", &create);
            say("cancel_ns_per_descendant", &cancel);
            say("drop_ns_per_descendant", &free);
        }
    }
    Ok(())
}

fn one(all: &mut Vec<(Context, CancelFunc)>, done: bool, spent: &mut [Duration; 3]) {
    let begun = Instant::now();
    let (root, cancel) = context::with_cancel(&context::background());
    for _ in 0..CHILDREN {
        let child = context::with_cancel(&root);
        for _ in 0..GRANDCHILDREN {
            all.push(context::with_cancel(&child.0));
        }
        all.push(child);
    }
    spent[0] += begun.elapsed();
    if done {
        all.iter().for_each(|(ctx, _)| {
            black_box(ctx.done());
        });
    }
    let begun = Instant::now();
    cancel.cancel();
    spent[1] += begun.elapsed();
    assert!(
        all.iter().all(|(ctx, _)| ctx.err().is_some()),
        "one was missed"
    );
    let begun = Instant::now();
    all.clear();
    drop((root, cancel));
    spent[2] += begun.elapsed();
}
