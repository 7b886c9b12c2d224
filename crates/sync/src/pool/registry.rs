//! All pools that have been used, for the collector's cycles.

use super::Shelves;
use gompa_park::lock::real::Lock;
use std::sync::{Arc, Weak};

/// A pool whose contents age.
trait Ages: Send + Sync {
    /// Gives what is to be thrown away.
    fn age(&self) -> Box<dyn Send>;
}

impl<T: Send + 'static> Ages for Shelves<T> {
    fn age(&self) -> Box<dyn Send> {
        Box::new(Shelves::age(self))
    }
}

static POOLS: Lock<Vec<Weak<dyn Ages>>> = Lock::new(Vec::new());

/// A pool has come into use.
pub(super) fn enter<T: Send + 'static>(shelves: &Arc<Shelves<T>>) {
    let shelves: Arc<dyn Ages> = shelves.clone();
    POOLS.lock().push(Arc::downgrade(&shelves));
}

/// Ages all pools of the process: what has been in one since the last cycle is dropped, what was put
/// in since then may go at the next one. So a thing nobody wants is gone after two.
///
/// A collector calls this once each cycle; without one, whoever wants the memory back. Destructors
/// run on the caller, with no lock held.
pub fn cycle() {
    let mut pools = Vec::new();
    POOLS.lock().retain(|pool| match pool.upgrade() {
        Some(pool) => {
            pools.push(pool);
            true
        }
        None => false,
    });
    // Dropped when all have aged, so that a destructor that panics does not keep a pool young.
    let garbage: Vec<_> = pools.iter().map(|pool| pool.age()).collect();
    drop(garbage);
}
