//! The barrier log: what a carrier has shaded, until the collector marks it.
//!
//! A ring that the carrier fills and the collector empties; where it is full, a list behind a lock.
//! Only the collector takes anything out, so that one look at each log at the end of marking is
//! enough: what was there at the first look would still be there at the last.

use gompa_park::Lock;
use gompa_park::sync::atomic::AtomicUsize;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Entries of the ring.
#[cfg(not(loom))]
pub(crate) const ROOM: usize = 512;
#[cfg(loom)]
pub(crate) const ROOM: usize = 2;

pub(crate) struct Log {
    /// How many were ever put into the ring. The carrier's.
    tail: AtomicUsize,
    /// How many were taken out. The collector's.
    head: AtomicUsize,
    ring: [AtomicUsize; ROOM],
    /// What found the ring full.
    rest: Lock<Vec<usize>>,
}

impl Log {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Log {
        Log {
            tail: AtomicUsize::new(0),
            head: AtomicUsize::new(0),
            ring: [const { AtomicUsize::new(0) }; ROOM],
            rest: Lock::new(Vec::new()),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Log {
        Log {
            tail: AtomicUsize::new(0),
            head: AtomicUsize::new(0),
            ring: std::array::from_fn(|_| AtomicUsize::new(0)),
            rest: Lock::new(Vec::new()),
        }
    }

    /// The carrier, in an operation: `object` is shaded. Whether it is time to take something out.
    #[inline]
    pub(crate) fn push(&self, object: usize) -> bool {
        let tail = self.tail.load(Relaxed);
        if tail.wrapping_sub(self.head.load(Acquire)) == ROOM {
            return self.push_rest(object);
        }
        self.ring[tail % ROOM].store(object, Relaxed);
        self.tail.store(tail.wrapping_add(1), Release);
        false
    }

    #[cold]
    fn push_rest(&self, object: usize) -> bool {
        let mut rest = self.rest.lock();
        rest.push(object);
        rest.len() % ROOM == 1
    }

    /// The collector: takes out what is there.
    pub(crate) fn drain(&self, mut f: impl FnMut(usize)) {
        let tail = self.tail.load(Acquire);
        let mut head = self.head.load(Relaxed);
        while head != tail {
            f(self.ring[head % ROOM].load(Relaxed));
            head = head.wrapping_add(1);
        }
        self.head.store(head, Release);
        let rest = std::mem::take(&mut *self.rest.lock());
        rest.into_iter().for_each(f);
    }

    /// The collector, after a heavy fence: whether nothing was there at that time.
    pub(crate) fn is_empty(&self) -> bool {
        self.tail.load(Acquire) == self.head.load(Relaxed) && self.rest.lock().is_empty()
    }
}
