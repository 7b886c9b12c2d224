//! Models: every interleaving (with a bounded number of preemptions) of small programs, by loom.
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-sync --test models`
//!
//! Under the model a deadline may pass at any moment, whoever has lost a mutex once starves, and
//! nobody spins.
#![cfg(loom)]

mod cond;
mod mutex;
mod once;
mod rwlock;
mod semaphore;
mod wait_group;

use std::time::Duration;

/// Any duration: the model tries its end early and late.
pub const A_WHILE: Duration = Duration::from_secs(1);

/// Runs the model.
pub fn model(preemptions: usize, program: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(program);
}

/// What one must have alone to write, and nobody writes while others read: loom sees a race.
pub struct Checked(loom::cell::UnsafeCell<u32>);

impl Checked {
    /// Nothing yet.
    pub fn new() -> Checked {
        Checked(loom::cell::UnsafeCell::new(0))
    }

    /// Reads it.
    pub fn get(&self) -> u32 {
        // SAFETY: loom checks that nobody writes meanwhile.
        self.0.with(|value| unsafe { *value })
    }

    /// Writes it.
    pub fn add(&self, n: u32) {
        // SAFETY: loom checks that nobody else uses it meanwhile.
        self.0.with_mut(|value| unsafe { *value += n })
    }
}

// SAFETY: loom checks each access.
unsafe impl Sync for Checked {}
// SAFETY: as above.
unsafe impl Send for Checked {}
