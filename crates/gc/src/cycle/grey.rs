//! Objects found outside of marking, on their way to the pool. By whoever has the cycle.

use super::mark::{POOL, is_marked};
use crate::mutator::registry;
use crate::protocol::pool::CHUNK;

/// See the [module](self).
#[derive(Default)]
pub(super) struct Grey(Vec<usize>);

impl Grey {
    pub(super) fn push(&mut self, object: usize) {
        self.0.push(object);
        if self.0.len() == 8 * CHUNK {
            POOL.put(std::mem::take(&mut self.0));
        }
    }

    pub(super) fn push_unmarked(&mut self, cycle: u64, object: usize) {
        if !is_marked(cycle, object) {
            self.0.push(object);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn share(self) {
        POOL.put(self.0);
    }
}

/// Makes what was logged grey; whether there was anything.
pub(super) fn from_logs(cycle: u64) -> bool {
    let mut grey = Grey::default();
    drain_logs(|object| grey.push_unmarked(cycle, object));
    let any = !grey.is_empty();
    grey.share();
    any
}

/// Takes out what was logged.
pub(super) fn drain_logs(mut f: impl FnMut(usize)) {
    for w in registry::workers() {
        w.log.drain(&mut f);
    }
}
