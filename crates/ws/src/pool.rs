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
    /// Makes a thing ready to be kept; false if it is not worth keeping.
    tidy: fn(&mut T) -> bool,
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
    /// An empty pool that keeps at most so many things a processor, if `tidy` says so of them.
    pub(crate) const fn new(keep: usize, tidy: fn(&mut T) -> bool) -> Pool<T> {
        Pool {
            shelves: [const { Shelf(Mutex::new(Vec::new())) }; SHELVES],
            keep,
            tidy,
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

    fn put(&self, mut thing: T) {
        if !(self.tidy)(&mut thing) {
            return;
        }
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

/// Buffers for what is put together: messages, and frames to be sent. A big one is not kept.
pub(crate) static BYTES: Pool<Vec<u8>> = Pool::new(32, |bytes| {
    bytes.clear();
    bytes.capacity() <= KEEP_BYTES
});

/// The capacity up to which a buffer is kept.
const KEEP_BYTES: usize = 64 << 10;

/// A buffer, empty.
pub(crate) fn bytes() -> Lease<Vec<u8>> {
    BYTES.lease(Vec::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_taken_again() {
        static POOL: Pool<Vec<u8>> = Pool::new(2, |v| v.capacity() < 100);
        let make = || Vec::with_capacity(10);
        let (a, b, c) = (POOL.lease(make), POOL.lease(make), POOL.lease(make));
        drop((a, b, c));
        let kept: usize = POOL.shelves.iter().map(|s| s.0.lock().unwrap().len()).sum();
        assert!(kept >= 2, "{kept}");
        let mut big = POOL.lease(make);
        big.reserve(1000);
        drop(big);
        assert!(
            POOL.shelves
                .iter()
                .all(|s| s.0.lock().unwrap().iter().all(|v| v.capacity() < 100))
        );
    }

    #[test]
    fn a_pool_for_many_threads() {
        static POOL: Pool<usize> = Pool::new(4, |_| true);
        std::thread::scope(|scope| {
            for t in 0..8 {
                scope.spawn(move || {
                    for i in 0..1000 {
                        let mut lease = POOL.lease(|| 0);
                        *lease = t * 1000 + i;
                        std::thread::yield_now();
                        assert_eq!(*lease, t * 1000 + i);
                    }
                });
            }
        });
        for shelf in &POOL.shelves {
            assert!(shelf.0.lock().unwrap().len() <= 4);
        }
    }
}
