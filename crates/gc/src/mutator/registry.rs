//! All workers and mutators there are: who announces and scans goes through these lists.

use super::worker::Worker;
use super::{Mutator, pin};
use crate::protocol::phase::Ctl;
use gompa_park::lock::real::Lock;

struct Workers {
    /// What holds now; what a new worker begins with.
    ctl: Ctl,
    all: Vec<&'static Worker>,
    free: Vec<&'static Worker>,
}

static WORKERS: Lock<Workers> = Lock::new(Workers {
    ctl: Ctl::START,
    all: Vec::new(),
    free: Vec::new(),
});

struct Mutators {
    all: Vec<&'static Mutator>,
    free: Vec<&'static Mutator>,
}

static MUTATORS: Lock<Mutators> = Lock::new(Mutators {
    all: Vec::new(),
    free: Vec::new(),
});

/// A worker for a thread that has none.
pub(super) fn take_worker() -> &'static Worker {
    let mut workers = WORKERS.lock();
    if let Some(w) = workers.free.pop() {
        return w;
    }
    if workers.all.is_empty() {
        pin::register();
    }
    let w: &'static Worker = Box::leak(Box::new(Worker::new(workers.ctl)));
    workers.all.push(w);
    w
}

/// Its thread needs it no more, and has flushed it.
pub(super) fn give_worker(w: &'static Worker) {
    WORKERS.lock().free.push(w);
}

/// A record with nothing in it.
pub(super) fn take_mutator() -> &'static Mutator {
    let mut mutators = MUTATORS.lock();
    mutators.free.pop().unwrap_or_else(|| {
        let m: &'static Mutator = Box::leak(Box::new(Mutator::new()));
        mutators.all.push(m);
        m
    })
}

/// Its last scope is closed.
pub(super) fn give_mutator(m: &'static Mutator) {
    MUTATORS.lock().free.push(m);
}

/// What holds now.
pub(crate) fn ctl() -> Ctl {
    WORKERS.lock().ctl
}

/// All workers there are now.
pub(crate) fn workers() -> Vec<&'static Worker> {
    WORKERS.lock().all.clone()
}

/// The `i`-th mutator record. There are never fewer.
pub(crate) fn mutator(i: usize) -> Option<&'static Mutator> {
    MUTATORS.lock().all.get(i).copied()
}

/// From now on `ctl` holds: every operation that begins after a heavy fence sees it. Who must be waited
/// for. By whoever has the cycle.
pub(crate) fn announce(ctl: Ctl) -> Vec<&'static Worker> {
    let mut workers = WORKERS.lock();
    workers.ctl = ctl;
    workers.all.iter().for_each(|w| w.frame.announce(ctl));
    workers.all.clone()
}
