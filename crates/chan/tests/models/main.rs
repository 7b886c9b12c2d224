//! Models: every interleaving (with a bounded number of preemptions) of small programs, by loom.
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-chan --test models`
//!
//! Under the model a deadline may pass at any moment, and one calm operation opens the gate.
#![cfg(loom)]

mod handoff;
mod lanes;
mod promise;
mod select;

use loom::cell::UnsafeCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};
use std::time::Duration;

/// Any duration: the model tries its end early and late.
pub const A_WHILE: Duration = Duration::from_secs(1);

/// How many messages are alive. (Of std, so that counting does not order what is modelled.)
#[derive(Clone, Default)]
pub struct Census(Arc<AtomicIsize>);

/// A message: reading it is a race unless sending it came before; dropped exactly once.
pub struct Msg {
    value: UnsafeCell<u32>,
    census: Census,
}

impl Census {
    /// A new message.
    pub fn msg(&self, value: u32) -> Msg {
        self.0.fetch_add(1, SeqCst);
        Msg {
            value: UnsafeCell::new(value),
            census: self.clone(),
        }
    }

    /// Messages made and not dropped.
    pub fn alive(&self) -> isize {
        self.0.load(SeqCst)
    }
}

impl Msg {
    /// What it says.
    pub fn value(&self) -> u32 {
        // SAFETY: nobody writes after `msg`; loom checks that.
        self.value.with(|v| unsafe { *v })
    }
}

impl Drop for Msg {
    fn drop(&mut self) {
        // A write, as far as races go.
        self.value.with_mut(|_| {});
        self.census.0.fetch_sub(1, SeqCst);
    }
}

/// Runs the model; in the end every message must have been dropped once.
pub fn model(preemptions: usize, program: impl Fn(Census) + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(move || {
        let census = Census::default();
        program(census.clone());
        assert_eq!(census.alive(), 0, "a message was lost, or dropped twice");
    });
}
