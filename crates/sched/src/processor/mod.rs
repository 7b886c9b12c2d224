//! P: the right to run goroutines, and what goes with it.
//!
//! Whoever holds a P (one M at a time, see [`crate::blocking`]) may use its cells. States:
//! ```text
//!    IDLE  <-> RUNNING       on the idle list / held by an M
//!      |          |
//!      +-> DEAD <-+          gomaxprocs went below its number: queue and timers emptied
//! ```

use crate::goroutine::G;
use crate::goroutine::id;
use crate::goroutine::slab::FreeList;
use crate::run_queue::RunQueue;
use crate::stack::pool;
use crate::trace::latency::Latency;
use crate::trace::recorder::Recorder;
use gompa_park::timer::Timers;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// Yielding goroutines that go to the global queue together: half of what their ring holds.
pub(crate) const YIELDED_AT_ONCE: u32 = 128;

/// See the [module](self).
#[repr(align(128))]
pub(crate) struct P {
    pub(crate) index: u32,
    /// Scheduling ticks: how often a goroutine was picked that did not inherit its slice. Written
    /// by the holder, read by the monitor.
    tick: AtomicU32,
    /// Its local queue.
    pub(crate) queue: RunQueue<G>,
    /// Goroutines that yielded here, on their way to the end of the global queue: they go there in
    /// batches ([`YIELDED_AT_ONCE`]), so that the global lock is not taken for each. Their turn is
    /// after that of the global queue; thieves find them here.
    pub(crate) yielded: RunQueue<G>,
    /// Goroutines that wake each other have used up their slice: the others are next. Set by the
    /// monitor, cleared by the holder.
    pub(crate) slice_over: AtomicBool,
    /// Its timers. Shared, since a timer may outlive the P.
    pub(crate) timers: Arc<Timers>,
    /// On the idle list. Written under the global lock; read by thieves.
    pub(crate) idle: AtomicBool,
    /// In nobody's hands, since the number of Ps went below its own. Written under the global lock.
    pub(crate) retired: AtomicBool,
    /// Free goroutines. The holder's.
    pub(crate) free: FreeList,
    /// Warm stacks. The holder's.
    pub(crate) stacks: pool::Cache,
    /// Goroutine ids in hand: next, and one past the last. The holder's.
    ids: Cell<(u64, u64)>,
    /// State of the holder's random numbers (xorshift).
    random: Cell<u64>,
    /// What has happened here. Written by the holder.
    pub(crate) counts: Counts,
    /// What happened here last, in its order. Written by the holder.
    pub(crate) trace: Recorder,
    /// How long goroutines waited for their turn. Written by the holder.
    pub(crate) latency: Latency,
}

/// Event counters of a P: written by its holder without read-modify-write, read by anybody.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) spawned: Count,
    pub(crate) ended: Count,
    pub(crate) switches: Count,
    pub(crate) steals: Count,
    pub(crate) timers_fired: Count,
    pub(crate) blocking_calls: Count,
}

/// A counter with one writer. Whoever sees a count sees what was done before it.
#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    #[inline(always)]
    pub(crate) fn add(&self, n: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(n), Release);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Acquire)
    }
}

// SAFETY: the cells belong to the holder (see the module); the rest is Sync.
unsafe impl Sync for P {}
// SAFETY: as above.
unsafe impl Send for P {}

impl P {
    pub(crate) fn new(index: u32, timers: Arc<Timers>) -> P {
        P {
            index,
            tick: AtomicU32::new(0),
            queue: RunQueue::new(),
            yielded: RunQueue::new(),
            slice_over: AtomicBool::new(false),
            timers,
            idle: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            free: FreeList::new(),
            stacks: pool::Cache::new(),
            ids: Cell::new((0, 0)),
            random: Cell::new(0x9e37_79b9_7f4a_7c15 ^ (u64::from(index) + 1) << 17),
            counts: Counts::default(),
            trace: Recorder::new(),
            latency: Latency::default(),
        }
    }

    /// Whether nothing is queued here.
    pub(crate) fn has_no_work(&self) -> bool {
        self.queue.is_empty() && self.yielded.is_empty()
    }

    /// The holder: a goroutine was picked with a time slice of its own.
    #[inline]
    pub(crate) fn count_tick(&self) -> u32 {
        let tick = self.tick.load(Relaxed).wrapping_add(1);
        self.tick.store(tick, Relaxed);
        tick
    }

    /// How many slices have begun here.
    #[inline]
    pub(crate) fn tick(&self) -> u32 {
        self.tick.load(Relaxed)
    }

    /// The holder: an id for a new goroutine.
    #[inline]
    pub(crate) fn new_id(&self) -> u64 {
        let (mut next, mut end) = self.ids.get();
        if next == end {
            next = id::take(id::BATCH);
            end = next + id::BATCH;
        }
        self.ids.set((next + 1, end));
        next
    }

    /// The holder: a random number below `n`.
    #[inline]
    pub(crate) fn random_below(&self, n: u32) -> u32 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        ((x >> 32).wrapping_mul(u64::from(n)) >> 32) as u32
    }
}
