//! What the poller knows of one socket (Go's pollDesc), and the table of them.
//!
//! Descriptors are never freed, only used again: an event may be on its way for a socket that is
//! closed already. Its token then names an older *generation* and is ignored; if it slips through
//! between two looks, somebody tries an operation for nothing.
//!
//! ```text
//!   token   63          32 31           0
//!          ┌──────────────┬──────────────┐       index ──► bucket b holds 64 * 2^b descriptors:
//!          │  generation  │    index     │         0..64 │ 64..192 │ 192..448 │ ...
//!          └──────────────┴──────────────┘
//! ```
//!
//! So a look-up takes no lock, and the table grows without moving anything.

use super::Interest;
use super::side::Side;
use gompa_park::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The system has not been asked yet.
pub(super) const UNREGISTERED: u8 = 0;
/// Somebody asks it now.
pub(super) const REGISTERING: u8 = 1;
/// It reports events until the descriptor is given back.
pub(super) const REGISTERED: u8 = 2;

/// What the poller knows of one socket: a cache line.
#[derive(Debug)]
#[repr(align(64))]
pub(super) struct Descriptor {
    /// Waits for what can be read, or accepted.
    pub(super) read: Side,
    /// Waits for room to write.
    pub(super) write: Side,
    /// Its place in the table. Written once.
    index: AtomicU32,
    /// How often it has been given back.
    generation: AtomicU32,
    /// The next free descriptor while this one is free. Under the table's lock.
    next_free: AtomicU32,
    /// Whether the system reports events of the socket: [`UNREGISTERED`], [`REGISTERING`] while one
    /// of those who first wait sees to it, [`REGISTERED`].
    pub(super) registration: AtomicU8,
    /// Whether the source is closed: every wait fails.
    pub(super) closed: AtomicBool,
}

impl Descriptor {
    fn new() -> Descriptor {
        Descriptor {
            read: Side::new(),
            write: Side::new(),
            index: AtomicU32::new(0),
            generation: AtomicU32::new(0),
            next_free: AtomicU32::new(NONE),
            registration: AtomicU8::new(UNREGISTERED),
            closed: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn side(&self, interest: Interest) -> &Side {
        match interest {
            Interest::Read => &self.read,
            Interest::Write => &self.write,
        }
    }

    /// What the system calls it in its events.
    pub(super) fn token(&self) -> usize {
        let generation = self.generation.load(Relaxed) as usize;
        (generation << 32) | self.index.load(Relaxed) as usize
    }
}

/// No descriptor.
const NONE: u32 = u32::MAX;
/// How many descriptors the first bucket holds.
const FIRST: usize = 64;
/// Enough for more descriptors than a process can have open.
const BUCKETS: usize = 26;

/// The descriptors of the process.
#[derive(Debug)]
pub(super) struct Table {
    buckets: [OnceLock<Box<[Descriptor]>>; BUCKETS],
    free: Mutex<Free>,
}

#[derive(Debug)]
struct Free {
    /// The first of the chain through `next_free`, or [`NONE`].
    first: u32,
    /// How many have ever been given out: those from here on have no name yet.
    fresh: u32,
}

/// The table of the process.
pub(super) static TABLE: Table = Table {
    buckets: [const { OnceLock::new() }; BUCKETS],
    free: Mutex::new(Free {
        first: NONE,
        fresh: 0,
    }),
};

impl Table {
    /// A descriptor for a new socket.
    pub(super) fn take(&self) -> &Descriptor {
        let mut free = self.free();
        if let Some(descriptor) = self.at(free.first) {
            free.first = descriptor.next_free.load(Relaxed);
            return descriptor;
        }
        let index = free.fresh;
        let (bucket, offset) = place(index).expect("more sockets than a process can have open");
        free.fresh += 1;
        let bucket = self.buckets[bucket]
            .get_or_init(|| (0..FIRST << bucket).map(|_| Descriptor::new()).collect());
        bucket[offset].index.store(index, Relaxed);
        &bucket[offset]
    }

    /// Gives a descriptor back: nobody waits, and the system reports no more events of the socket,
    /// save those already on their way.
    pub(super) fn give_back(&self, descriptor: &Descriptor) {
        descriptor.generation.fetch_add(1, Release);
        descriptor.read.reset();
        descriptor.write.reset();
        descriptor.registration.store(UNREGISTERED, Release);
        descriptor.closed.store(false, Release);
        let mut free = self.free();
        descriptor.next_free.store(free.first, Relaxed);
        free.first = descriptor.index.load(Relaxed);
    }

    /// The descriptor an event is for, unless it is for an earlier user.
    pub(super) fn find(&self, token: usize) -> Option<&Descriptor> {
        let descriptor = self.at(token as u32)?;
        (descriptor.generation.load(Acquire) == (token >> 32) as u32).then_some(descriptor)
    }

    fn at(&self, index: u32) -> Option<&Descriptor> {
        let (bucket, offset) = place(index)?;
        self.buckets[bucket].get()?.get(offset)
    }

    fn free(&self) -> MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bucket of a descriptor, and where in it.
fn place(index: u32) -> Option<(usize, usize)> {
    let shifted = index as usize + FIRST;
    let bucket = (shifted.ilog2() - FIRST.ilog2()) as usize;
    (bucket < BUCKETS).then_some((bucket, shifted - (FIRST << bucket)))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gap() {
        let mut expected = (0, 0);
        for index in 0..10_000 {
            assert_eq!(place(index), Some(expected));
            expected.1 += 1;
            if expected.1 == FIRST << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(place(NONE), None);
    }

    #[test]
    fn a_descriptor_is_a_cache_line() {
        assert_eq!(size_of::<Descriptor>(), 64);
    }

    #[test]
    fn an_event_for_an_earlier_user_is_ignored() {
        let table = Table {
            buckets: [const { OnceLock::new() }; BUCKETS],
            free: Mutex::new(Free {
                first: NONE,
                fresh: 0,
            }),
        };
        let all: Vec<_> = (0..200).map(|_| table.take()).collect();
        let tokens: Vec<_> = all.iter().map(|d| d.token()).collect();
        for (descriptor, &token) in all.iter().zip(&tokens) {
            assert!(std::ptr::eq(table.find(token).unwrap(), *descriptor));
        }
        table.give_back(all[7]);
        assert!(table.find(tokens[7]).is_none());
        let again = table.take();
        assert!(std::ptr::eq(again, all[7]));
        assert!(table.find(tokens[7]).is_none());
        assert!(table.find(again.token()).is_some());
        assert!(table.find(usize::MAX).is_none());
        assert!(table.find(100_000).is_none());
    }
}
