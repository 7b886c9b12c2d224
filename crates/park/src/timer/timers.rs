//! One P's timers: the heap, its lock, and in front of the lock what others ask.

use super::entry::{Entry, Owner};
use super::heap::Heap;
use super::inner::{Due, Inner};
use super::running::Running;
use super::wait::WaitTimer;
use crate::lock::Lock;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicIsize, AtomicU64, AtomicUsize};
use crate::time::{NEVER, Nanos};
use crossbeam_utils::CachePadded;
use std::ptr::NonNull;
use std::sync::Arc;

/// Entries taken out at a time: the lock is held once for so many, and their owners are fetched
/// from memory together.
const BATCH: usize = if cfg!(loom) { 2 } else { 32 };

/// A set of waits and timers sorted by time; see the [module](super). Anybody may insert and run;
/// it belongs to whoever promises to [`run`](Timers::run) it at [`next`](Timers::next).
pub struct Timers {
    pub(super) front: CachePadded<Front>,
    pub(super) heap: CachePadded<Lock<Heap>>,
    /// Told when a timer became the earliest.
    on_earlier: Box<dyn Fn(Nanos) + Send + Sync>,
}

/// What is asked without the lock.
pub(super) struct Front {
    /// The earliest time in the heap, or [`NEVER`]. Written under the lock.
    next: AtomicU64,
    /// Entries in the heap. Written under the lock.
    len: AtomicUsize,
    /// About how many of them are dead. Raised by whoever ends a wait or stops a timer, lowered
    /// under the lock. A count may arrive after its entry is gone, so it may be wrong for a while:
    /// it says only when a sweep is worth its price.
    pub(super) zombies: AtomicIsize,
}

impl Timers {
    /// An empty set. `on_earlier` is told, by whoever starts or resets a timer, and with no lock
    /// held, that the earliest time is now the one given: it sees to it that nobody sleeps past it.
    /// (Not for waits: [`insert_wait`](Self::insert_wait) returns that.)
    pub fn new(on_earlier: impl Fn(Nanos) + Send + Sync + 'static) -> Timers {
        Timers {
            front: CachePadded::new(Front {
                next: AtomicU64::new(NEVER),
                len: AtomicUsize::new(0),
                zombies: AtomicIsize::new(0),
            }),
            heap: CachePadded::new(Lock::new(Heap::new())),
            on_earlier: Box::new(on_earlier),
        }
    }

    /// The earliest time in the set, [`NEVER`] if it is empty. What is found there may be dead or
    /// postponed. One load.
    #[inline]
    pub fn next(&self) -> Nanos {
        self.front.next.load(Acquire)
    }

    /// How many entries there are, dead ones included.
    #[inline]
    pub fn len(&self) -> usize {
        self.front.len.load(Acquire)
    }

    /// Whether there are no entries, not even dead ones.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A wait `seq` of `target` begins: `target` is fired at `when` unless that wait is over.
    /// Returns true if this became the earliest time; the caller then wakes whoever sleeps past it.
    ///
    /// # Safety
    /// 1. `target` points to a valid `WaitTimer`, and does as long as an entry for it may be here:
    ///    until it fires, is swept or discarded (memory that is only ever used for such targets).
    /// 2. The caller is its owner: nobody else begins or ends a wait of it meanwhile.
    #[inline]
    pub unsafe fn insert_wait(&self, when: Nanos, target: NonNull<WaitTimer>, seq: u32) -> bool {
        let entry = Entry::wait(when, target, seq);
        // SAFETY: valid (duty 1).
        unsafe { target.as_ref() }.begin(entry.when, seq);
        let mut heap = self.heap.lock();
        // No sweep: that may run destructors, which have no place in the middle of a park. Who
        // parks comes by `run` soon.
        if self.front.zombies.load(Relaxed) > 0 {
            self.drop_dead_tail(&mut heap);
        }
        let earliest = heap.push(entry);
        self.publish(&heap);
        earliest
    }

    /// The wait of `target` that was last inserted here ended before its deadline: its entry is
    /// dead. Called by the owner. (A wait that ended by its deadline needs no call.)
    #[inline]
    pub fn note_dead_wait(&self, target: &WaitTimer) {
        target.end();
        self.note_zombie();
    }

    /// Fires what is due at `now`; returns how many. Callbacks run here, with no lock held, and so
    /// do the destructors of timers that are no longer wanted.
    ///
    /// A callback that panics ends the process: half of a set cannot be left unfired.
    pub fn run(&self, now: Nanos) -> usize {
        if self.next() > now && !self.worth_sweeping() {
            return 0;
        }
        let running = Running::begin();
        let mut fired = 0;
        let mut earliest = false;
        let mut batch = [Entry::EMPTY; BATCH];
        loop {
            let mut swept = Vec::new();
            let mut taken = 0;
            {
                let mut heap = self.heap.lock();
                if self.worth_sweeping() {
                    swept = self.sweep_locked(&mut heap);
                }
                for slot in &mut batch {
                    let Some(entry) = heap.pop_due(now) else {
                        break;
                    };
                    *slot = entry;
                    taken += 1;
                }
                self.publish(&heap);
            }
            drop(swept);
            let due = &batch[..taken];
            due.iter().for_each(|entry| entry.prefetch());
            let mut dead = 0;
            for &entry in due {
                // SAFETY: the entry was taken out of the heap, once.
                match unsafe { self.fire(entry, now, &mut earliest) } {
                    Outcome::Fired => fired += 1,
                    Outcome::Dead => dead += 1,
                    Outcome::Postponed => {}
                }
            }
            if dead > 0 {
                self.front.zombies.fetch_sub(dead, Relaxed);
            }
            if taken < BATCH {
                break;
            }
        }
        running.end();
        if earliest {
            // What went back in was out for a moment, in which somebody may have gone to sleep.
            self.tell_earlier(self.next());
        }
        fired
    }

    /// An entry, and with it what it owns, goes into the heap.
    pub(super) fn insert(&self, entry: Entry) -> Inserted {
        let mut swept = Vec::new();
        let mut heap = self.heap.lock();
        if self.worth_sweeping() {
            swept = self.sweep_locked(&mut heap);
        }
        let earliest = heap.push(entry);
        self.publish(&heap);
        Inserted { earliest, swept }
    }

    pub(super) fn tell_earlier(&self, when: Nanos) {
        (self.on_earlier)(when);
    }

    /// An entry of the heap is dead from now on.
    #[inline]
    pub(super) fn note_zombie(&self) {
        self.front.zombies.fetch_add(1, Relaxed);
    }

    /// A dead entry lives again.
    #[inline]
    pub(super) fn note_revived(&self) {
        self.front.zombies.fetch_sub(1, Relaxed);
    }

    /// Go's measure: more than a quarter is dead.
    #[inline]
    fn worth_sweeping(&self) -> bool {
        let zombies = self.front.zombies.load(Relaxed);
        zombies > 0 && zombies as usize > self.front.len.load(Relaxed) / 4
    }

    /// Called with the lock held, after each change of the heap.
    #[inline]
    pub(super) fn publish(&self, heap: &Heap) {
        let next = heap.next();
        if self.front.next.load(Relaxed) != next {
            self.front.next.store(next, Release);
        }
        self.front.len.store(heap.len(), Release);
    }

    /// Acts on an entry that is due.
    ///
    /// # Safety
    /// It was taken out of the heap, and this is called once for it.
    #[inline]
    unsafe fn fire(&self, entry: Entry, now: Nanos, earliest: &mut bool) -> Outcome {
        match entry.owner() {
            Owner::Wait(target) => {
                // SAFETY: type-stable memory (duty 1 of `insert_wait`).
                let owner = unsafe { target.as_ref() };
                match owner.live(entry.when) {
                    Some(seq) if entry.may_be(seq) => {
                        // SAFETY: an entry's target was inserted.
                        unsafe { WaitTimer::fire(target, seq) };
                        Outcome::Fired
                    }
                    _ => Outcome::Dead,
                }
            }
            Owner::Timer(inner) => {
                // SAFETY: the entry owns a reference, and it is out of the heap.
                let inner = unsafe { Arc::from_raw(inner.as_ptr()) };
                match inner.due(entry, now, self, earliest) {
                    Due::Fire(fired) => {
                        inner.call(fired);
                        Outcome::Fired
                    }
                    Due::Postponed => Outcome::Postponed,
                    Due::Dead => Outcome::Dead,
                }
            }
        }
    }
}

/// What an insertion says and leaves.
#[must_use]
#[derive(Default)]
pub(super) struct Inserted {
    /// The entry became the earliest.
    pub(super) earliest: bool,
    /// What a sweep on the way released: to be dropped with no lock held, for that may run
    /// anybody's code.
    #[expect(dead_code, reason = "kept to be dropped")]
    pub(super) swept: Vec<Arc<Inner>>,
}

/// What became of a due entry.
enum Outcome {
    Fired,
    Dead,
    Postponed,
}

impl Drop for Timers {
    fn drop(&mut self) {
        let mut heap = self.heap.lock();
        while let Some(entry) = heap.pop_last() {
            if let Owner::Timer(inner) = entry.owner() {
                // SAFETY: the entry owns a reference, and goes.
                drop(unsafe { Arc::from_raw(inner.as_ptr()) });
            }
        }
    }
}

impl std::fmt::Debug for Timers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timers")
            .field("next", &self.next())
            .field("len", &self.len())
            .field("zombies", &self.front.zombies.load(Relaxed))
            .finish()
    }
}
