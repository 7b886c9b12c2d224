//! Things that are dear to make and needed for a moment: kept for whoever comes next.
//!
//! One shelf a processor, as Go's `sync.Pool` has one a P. Not one a thread: where goroutines own
//! their thread-locals, a thread-local would be kept for each of a million connections. What is on a
//! shelf is likely in the cache of the processor that takes it; nobody ever waits, because who finds
//! a shelf in use tries the next, and then does without.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, TryLockError};

/// Shelves; a power of two. Processors beyond that share.
const SHELVES: usize = 32;

/// Kept things of one type.
pub(crate) struct Pool<T: 'static> {
    shelves: [Shelf<T>; SHELVES],
    /// How many a shelf keeps at most.
    keep: usize,
}

/// Alone in its cache lines.
#[repr(align(128))]
struct Shelf<T>(Mutex<Vec<T>>);

/// Something from a pool, which goes back when dropped.
pub(crate) struct Lease<T: 'static> {
    /// Nothing only while being dropped.
    thing: Option<T>,
    pool: &'static Pool<T>,
}

impl<T> Pool<T> {
    /// An empty pool that keeps at most so many things a processor.
    pub(crate) const fn new(keep: usize) -> Pool<T> {
        Pool {
            shelves: [const { Shelf(Mutex::new(Vec::new())) }; SHELVES],
            keep,
        }
    }

    /// Takes a thing, or makes one.
    pub(crate) fn lease(&'static self, make: impl FnOnce() -> T) -> Lease<T> {
        let thing = self.with_shelf(Vec::pop).flatten().unwrap_or_else(make);
        Lease {
            thing: Some(thing),
            pool: self,
        }
    }

    fn put(&self, thing: T) {
        // Dropped outside the lock, if there is no place for it.
        let mut left = Some(thing);
        self.with_shelf(|shelf| {
            if shelf.len() < self.keep {
                shelf.extend(left.take());
            }
        });
    }

    fn with_shelf<R>(&self, f: impl FnOnce(&mut Vec<T>) -> R) -> Option<R> {
        let here = processor();
        for next in 0..2 {
            match self.shelves[(here + next) % SHELVES].0.try_lock() {
                Ok(mut shelf) => return Some(f(&mut shelf)),
                // Nothing that can panic runs under the lock, but for want of memory.
                Err(TryLockError::Poisoned(shelf)) => return Some(f(&mut shelf.into_inner())),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        None
    }
}

/// Which processor runs this. Only a hint: it may be another already.
fn processor() -> usize {
    #[cfg(target_os = "linux")]
    return rustix::thread::sched_getcpu();
    #[cfg(not(target_os = "linux"))]
    return 0;
}

impl<T> Deref for Lease<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.thing.as_ref().expect("leased until dropped")
    }
}

impl<T> DerefMut for Lease<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.thing.as_mut().expect("leased until dropped")
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        if let Some(thing) = self.thing.take() {
            self.pool.put(thing);
        }
    }
}

impl<T> std::fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}
