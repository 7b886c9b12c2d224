//! The reader-writer lock without its value: Go's order of service.
//!
//! # The word
//! | bits | name | meaning | written |
//! |---|---|---|---|
//! | 0..62 | readers | who reads now; and for a moment those who came while a writer is there | by readers; by a writer that leaves, for those it lets in |
//! | 62 | `QUEUED` | readers are queued; only together with `WRITER`, or while a writer is leaving | under the lock |
//! | 63 | `WRITER` | a writer holds the lock, or waits for the readers to leave; no reader gets in | by the holder of `writers` |
//!
//! # Order
//! Writers exclude each other by a [`RawMutex`]. The one that has it raises `WRITER` and waits until
//! the readers that are in have left; those who come from then on queue. When it leaves, **all**
//! readers that queued meanwhile get in before the next writer can raise its flag. So neither side
//! starves the other: a waiting writer stops new readers, and each writer lets in all readers that
//! came while it was there.
//!
//! # A reader that meets a writer
//! It has counted itself already. Under the lock it either finds the writer gone, and then its count
//! is its lock, or it takes the count back as it raises `QUEUED`, in one exchange. If that brings
//! the count to 0, it does what the last leaving reader does: it lets the writer in.

use crate::macros::const_fn;
use crate::misuse::fatal;
use crate::mutex::raw::RawMutex;
use crate::wait::{self, Cut, Limit, Outcome, Queue, Waited, Waiter, WakeList};
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use gompa_park::time::{self, Nanos};
use gompa_park::{Lock, Parker, WaitReason, contention};

const WRITER: u64 = 1 << 63;
const QUEUED: u64 = 1 << 62;
const READERS: u64 = QUEUED - 1;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct RawRwLock {
    state: AtomicU64,
    writers: RawMutex,
    waiting: Lock<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    /// Readers that came while a writer is there.
    readers: Queue,
    /// The writer that waits for readers to leave; at most one.
    writer: Queue,
}

impl RawRwLock {
    const_fn! {
        pub(crate) const fn new() -> RawRwLock {
            RawRwLock {
                state: AtomicU64::new(0),
                writers: RawMutex::new(),
                waiting: Lock::new(Waiting {
                    readers: Queue::new(),
                    writer: Queue::new(),
                }),
            }
        }
    }

    /// Gets in as a reader unless a writer is there or waits.
    #[inline]
    pub(crate) fn try_read(&self) -> bool {
        let mut s = self.state.load(Relaxed);
        while s & WRITER == 0 {
            match self.state.compare_exchange(s, s + 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => s = now,
            }
        }
        false
    }

    #[inline]
    pub(crate) fn read(&self, limit: Limit) -> Result<(), Cut> {
        if self.state.fetch_add(1, Acquire) & WRITER == 0 {
            return Ok(());
        }
        self.read_slow(limit)
    }

    #[cold]
    #[inline(never)]
    fn read_slow(&self, limit: Limit) -> Result<(), Cut> {
        let parker = Parker::current();
        let waiter = Waiter::queued_at(parker.unparker(), 0, time::now());
        let mut woken = WakeList::new();
        let mut held = self.waiting.lock();
        let mut s = self.state.load(Acquire);
        loop {
            if s & WRITER == 0 {
                return Ok(());
            }
            // AcqRel: as a reader that leaves, and as one that lets the writer in.
            match self
                .state
                .compare_exchange(s, (s - 1) | QUEUED, AcqRel, Acquire)
            {
                Ok(_) => break,
                Err(now) => s = now,
            }
        }
        // The profile of contention does not hear of this writer: we are about to wait ourselves.
        if s & READERS == 1 {
            held.writer.pop_into(&mut woken, Outcome::Granted);
        }
        // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn.
        unsafe { held.readers.push_back(&waiter) };
        // A wake-up under the lock, but of one that will not need it.
        drop(woken);
        // SAFETY: 1. queued just now.
        let waited = unsafe {
            wait::wait(
                &self.waiting,
                held,
                |w| &mut w.readers,
                &parker,
                &waiter,
                WaitReason::RwMutexRLock,
                limit,
            )
        };
        match waited {
            Waited::Claimed => Ok(()),
            Waited::Withdrawn(held, cut) => {
                if held.readers.is_empty() {
                    self.state.fetch_and(!QUEUED, Relaxed);
                }
                drop(held);
                Err(cut.leave(&parker))
            }
        }
    }

    #[inline]
    pub(crate) fn unlock_read(&self) {
        let s = self.state.fetch_sub(1, Release);
        if s & READERS == 0 || s & (WRITER | READERS) == WRITER | 1 {
            self.last_reader_left(s);
        }
    }

    /// `s` is the state before the reader left.
    #[cold]
    #[inline(never)]
    fn last_reader_left(&self, s: u64) {
        if s & READERS == 0 {
            fatal("sync: RUnlock of unlocked RWMutex");
        }
        let mut woken = WakeList::new();
        let mut held = self.waiting.lock();
        // It may be another writer by now, with other readers before it. Acquire: what those did
        // that left after us must be seen by the writer.
        if self.state.load(Acquire) & (WRITER | READERS) != WRITER {
            return;
        }
        let waited = held.writer.first_since().and_then(contention::waited);
        held.writer.pop_into(&mut woken, Outcome::Granted);
        drop(held);
        drop(woken);
        waited.into_iter().for_each(contention::tell);
    }

    /// Gets in as a writer if nobody is in.
    #[inline]
    pub(crate) fn try_write(&self) -> bool {
        if !self.writers.try_lock() {
            return false;
        }
        let free = self
            .state
            .compare_exchange(0, WRITER, Acquire, Relaxed)
            .is_ok();
        if !free {
            self.writers.unlock();
        }
        free
    }

    #[inline]
    pub(crate) fn write(&self, limit: Limit) -> Result<(), Cut> {
        self.writers.lock(WaitReason::RwMutexLock, limit)?;
        if self.state.fetch_or(WRITER, Acquire) & READERS == 0 {
            return Ok(());
        }
        self.await_readers(limit)
    }

    #[cold]
    #[inline(never)]
    fn await_readers(&self, limit: Limit) -> Result<(), Cut> {
        let parker = Parker::current();
        let waiter = Waiter::queued_at(parker.unparker(), 0, time::now());
        let mut held = self.waiting.lock();
        if self.state.load(Acquire) & READERS == 0 {
            return Ok(());
        }
        // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn.
        unsafe { held.writer.push_back(&waiter) };
        // SAFETY: 1. queued just now.
        let waited = unsafe {
            wait::wait(
                &self.waiting,
                held,
                |w| &mut w.writer,
                &parker,
                &waiter,
                WaitReason::RwMutexLock,
                limit,
            )
        };
        match waited {
            Waited::Claimed => Ok(()),
            Waited::Withdrawn(held, cut) => {
                drop(held);
                self.unlock_write();
                Err(cut.leave(&parker))
            }
        }
    }

    #[inline]
    pub(crate) fn unlock_write(&self) {
        let s = self.state.fetch_and(!WRITER, Release);
        if s & (WRITER | QUEUED) == WRITER {
            self.writers.unlock();
            return;
        }
        let waited = self.let_readers_in(s);
        self.writers.unlock();
        // Under no lock: it may take its time.
        waited.into_iter().for_each(contention::tell);
    }

    /// `s` is the state before the writer left. How long the first of those has waited who are in now.
    #[cold]
    #[inline(never)]
    fn let_readers_in(&self, s: u64) -> Option<Nanos> {
        if s & WRITER == 0 {
            fatal("sync: Unlock of unlocked RWMutex");
        }
        let mut woken = WakeList::new();
        let mut held = self.waiting.lock();
        // The first has waited longest; its wait stands for theirs.
        let waited = held.readers.first_since().and_then(contention::waited);
        let readers = held.readers.pop_all_into(&mut woken, Outcome::Granted);
        let s = self.state.fetch_and(!QUEUED, Relaxed);
        debug_assert!(s & QUEUED != 0 || readers == 0);
        self.state.fetch_add(readers, Relaxed);
        waited
    }

    /// Whether a writer holds the lock, or waits for readers to leave.
    pub(crate) fn has_writer(&self) -> bool {
        self.state.load(Relaxed) & WRITER != 0
    }

    /// Whether somebody is in, or about to be.
    pub(crate) fn is_locked(&self) -> bool {
        self.state.load(Relaxed) & (WRITER | READERS) != 0
    }
}
