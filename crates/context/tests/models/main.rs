//! Models: every interleaving (with a bounded number of preemptions) of small programs, by loom.
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-context --test models`
#![cfg(loom)]

mod tree;
mod waits;

use gompa_park::time::NEVER;
use gompa_park::timer::{Timers, model_fallback};
use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// So far off that by the real clock nothing is ever due; models run their heap at the end of time.
pub const HOUR: Duration = Duration::from_secs(3600);

/// When every timer is due.
pub const END: u64 = NEVER - 1;

/// Runs the model.
pub fn model(preemptions: usize, program: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(program);
}

/// Runs a model that has timers: with their heap, which is empty in the end.
pub fn model_with_timers(
    preemptions: usize,
    program: impl Fn(Arc<Timers>) + Sync + Send + 'static,
) {
    // The heap that models name is one for the process.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock();
    model(preemptions, move || {
        let heap = Arc::new(Timers::new(|_| {}));
        model_fallback(Some(heap.clone()));
        program(heap.clone());
        heap.run(END);
        heap.sweep();
        assert!(heap.is_empty());
        model_fallback(None);
    });
}

/// Counts what is alive. (Of std, so that counting does not order what is modelled.)
#[derive(Clone, Default)]
pub struct Census(Arc<AtomicIsize>);

/// A message: one more that is alive.
pub struct Msg(Census);

impl Census {
    /// A new message.
    pub fn msg(&self) -> Msg {
        self.0.fetch_add(1, SeqCst);
        Msg(self.clone())
    }

    /// Messages made and not dropped.
    pub fn alive(&self) -> isize {
        self.0.load(SeqCst)
    }
}

impl Drop for Msg {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, SeqCst);
    }
}
