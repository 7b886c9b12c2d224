//! Words outside of the heap that point into it: one table of roots, one of weak pointers.

use gompa_park::lock::real::Lock;
use std::sync::atomic::{AtomicU32, AtomicUsize};

/// Entries made at a time.
const CHUNK: usize = 256;

/// One entry. Never freed, and used again.
pub(crate) struct Entry {
    /// The object, or 0.
    pub(crate) word: AtomicUsize,
    /// Who shares the entry.
    pub(crate) owners: AtomicU32,
}

pub(crate) struct Table(Lock<Inner>);

struct Inner {
    chunks: Vec<&'static [Entry; CHUNK]>,
    free: Vec<&'static Entry>,
}

impl Table {
    pub(crate) const fn new() -> Table {
        Table(Lock::new(Inner {
            chunks: Vec::new(),
            free: Vec::new(),
        }))
    }

    /// An entry with one owner and no object.
    pub(crate) fn take(&self) -> &'static Entry {
        let mut inner = self.0.lock();
        if inner.free.is_empty() {
            let chunk: &'static [Entry; CHUNK] = Box::leak(Box::new(
                [const {
                    Entry {
                        word: AtomicUsize::new(0),
                        owners: AtomicU32::new(1),
                    }
                }; CHUNK],
            ));
            inner.chunks.push(chunk);
            inner.free.extend(chunk);
        }
        inner.free.pop().expect("just made")
    }

    /// Its last owner is gone: no object, one owner, as it will be found.
    pub(crate) fn give(&self, entry: &'static Entry) {
        self.0.lock().free.push(entry);
    }

    /// Calls `f` with every entry that was ever made, in use or not.
    pub(crate) fn each(&self, mut f: impl FnMut(&'static Entry)) {
        let mut i = 0;
        loop {
            let chunk = self.0.lock().chunks.get(i).copied();
            let Some(chunk) = chunk else { return };
            chunk.iter().for_each(&mut f);
            i += 1;
        }
    }
}
