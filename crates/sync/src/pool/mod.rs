//! [`Pool`]: things that are used again instead of made again.

mod lane;
mod registry;

pub use registry::cycle;

use crate::stripe;
use crossbeam_utils::CachePadded;
use lane::Lane;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, OnceLock};

/// Things to be used again, kept near the processor that used them last.
///
/// What is put in may be gone when it is wanted: a cycle of a collector ([`cycle`]) throws away what
/// two cycles have found unused, as in Go. Nothing is promised about which thing comes back; on one
/// processor it is usually the last one put in.
///
/// ```
/// use gompa_sync::Pool;
///
/// static BUFFERS: Pool<Vec<u8>> = Pool::new(|| Vec::with_capacity(4096));
///
/// let mut buffer = BUFFERS.get();
/// buffer.extend_from_slice(b"text");
/// buffer.clear();
/// BUFFERS.put(buffer);
/// ```
pub struct Pool<T, F = fn() -> T> {
    make: F,
    /// Made at first use, for a pool may be static.
    shelves: OnceLock<Arc<Shelves<T>>>,
}

/// A lane a processor.
struct Shelves<T> {
    lanes: Box<[CachePadded<Lane<T>>]>,
    /// Whether a lane may have something old. A hint.
    old: AtomicBool,
}

impl<T: Send + 'static, F: Fn() -> T> Pool<T, F> {
    /// An empty pool; `make` makes what is not there.
    pub const fn new(make: F) -> Pool<T, F> {
        Pool {
            make,
            shelves: OnceLock::new(),
        }
    }

    /// Something that was put in, or else is made now.
    #[inline]
    pub fn get(&self) -> T {
        match self.take() {
            Some(thing) => thing,
            None => (self.make)(),
        }
    }

    /// Something that was put in, if there is anything.
    #[inline]
    pub fn take(&self) -> Option<T> {
        self.shelves.get()?.take()
    }

    /// Puts something in, to be used again.
    #[inline]
    pub fn put(&self, thing: T) {
        let shelves = self.shelves.get_or_init(|| {
            let shelves = Arc::new(Shelves::new());
            registry::enter(&shelves);
            shelves
        });
        // If all lanes are in use this very moment it is not worth waiting: it is dropped.
        drop(shelves.put(thing));
    }
}

impl<T> Shelves<T> {
    fn new() -> Shelves<T> {
        Shelves {
            lanes: (0..stripe::count())
                .map(|_| CachePadded::default())
                .collect(),
            old: AtomicBool::new(false),
        }
    }

    /// All lanes, ours first.
    #[inline]
    fn lanes(&self) -> impl Iterator<Item = &Lane<T>> {
        let here = stripe::here() & (self.lanes.len() - 1);
        let (before, from) = self.lanes.split_at(here);
        from.iter().chain(before).map(|lane| &**lane)
    }

    #[inline]
    fn take(&self) -> Option<T> {
        if let Some(thing) = self.lanes().find_map(|lane| lane.enter()?.fresh.pop()) {
            return Some(thing);
        }
        if !self.old.load(Relaxed) {
            return None;
        }
        let thing = self.lanes().find_map(|lane| lane.enter()?.old.pop());
        if thing.is_none() {
            self.old.store(false, Relaxed);
        }
        thing
    }

    /// Gives it back if no lane can be entered.
    #[inline]
    fn put(&self, thing: T) -> Option<T> {
        for lane in self.lanes() {
            if let Some(mut stock) = lane.enter() {
                stock.fresh.push(thing);
                return None;
            }
        }
        Some(thing)
    }

    /// What was old is to be thrown away, what was put in since becomes old.
    fn age(&self) -> Vec<T> {
        let mut garbage = Vec::new();
        for lane in &self.lanes {
            let mut stock = lane.enter_surely();
            garbage.append(&mut stock.old);
            stock.old = std::mem::take(&mut stock.fresh);
        }
        self.old.store(true, Relaxed);
        garbage
    }
}

impl<T, F> fmt::Debug for Pool<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}
