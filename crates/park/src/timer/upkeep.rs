//! What keeps a heap small and true: dropping the dead, and moving house.

use super::entry::{Entry, Owner};
use super::heap::Heap;
use super::inner::{Inner, Judgement};
use super::running::Running;
use super::timers::Timers;
use super::wait::WaitTimer;
use crate::sync::atomic::Ordering::Relaxed;
use crate::time::NEVER;
use std::ptr::NonNull;
use std::sync::Arc;

impl Timers {
    /// Drops the dead entries now, so that [`is_empty`](Self::is_empty) and [`next`](Self::next)
    /// are exact (but for what others change meanwhile). Linear.
    pub fn sweep(&self) {
        let running = Running::begin();
        let swept = {
            let mut heap = self.heap.lock();
            let swept = self.sweep_locked(&mut heap);
            self.publish(&heap);
            swept
        };
        drop(swept);
        running.end();
    }

    /// Moves all entries to `other`: what a P does that retires.
    pub fn move_all_to(self: &Arc<Self>, other: &Arc<Timers>) {
        self.move_to(|| other.clone(), true);
    }

    /// Moves the timers to `other` and forgets the waits: what a runtime does that shuts down, when
    /// its goroutines have ended and their memory goes.
    pub fn move_timers_to(self: &Arc<Self>, other: &Arc<Timers>) {
        self.move_to(|| other.clone(), false);
    }

    /// As [`move_timers_to`](Self::move_timers_to), to the fallback thread. If nothing is pending
    /// that thread is not started for it.
    pub fn move_timers_to_fallback(self: &Arc<Self>) {
        self.move_to(super::fallback, false);
    }

    fn move_to(self: &Arc<Self>, other: impl Fn() -> Arc<Timers>, waits: bool) {
        let running = Running::begin();
        let mut earliest = NEVER;
        let mut heap = {
            let mut mine = self.heap.lock();
            let all = std::mem::replace(&mut *mine, Heap::new());
            self.publish(&mine);
            self.front.zombies.store(0, Relaxed);
            all
        };
        let mut house = None;
        while let Some(entry) = heap.pop_last() {
            let goes = match entry.owner() {
                // SAFETY: valid as long as the entry was in a heap (duty 1 of `insert_wait`).
                Owner::Wait(target) => waits && unsafe { live_wait(entry, target) },
                Owner::Timer(inner) => {
                    // SAFETY: the entry was taken out of the heap, once; it owns a reference.
                    let inner = unsafe { Arc::from_raw(inner.as_ptr()) };
                    let goes = inner.moves(entry, None)
                        && inner.moves(entry, Some(house.get_or_insert_with(&other)));
                    if goes {
                        // It goes on owning it.
                        std::mem::forget(inner);
                    }
                    goes
                }
            };
            if goes && house.get_or_insert_with(&other).insert(entry).earliest {
                earliest = entry.when;
            }
        }
        if let Some(house) = house
            && earliest != NEVER
        {
            house.tell_earlier(earliest);
        }
        running.end();
    }

    /// Waits that come and go with a late deadline leave their dead entries in the last slots:
    /// clearing those, two for one that comes, keeps such a heap small without a sweep.
    pub(super) fn drop_dead_tail(&self, heap: &mut Heap) {
        for _ in 0..2 {
            let Some(last) = heap.last() else { return };
            let Owner::Wait(target) = last.owner() else {
                return;
            };
            // SAFETY: valid as long as the entry is in the heap (duty 1 of `insert_wait`).
            if unsafe { live_wait(last, target) } {
                return;
            }
            heap.pop_last();
            self.front.zombies.fetch_sub(1, Relaxed);
        }
    }

    /// Drops dead entries, and brings postponed timers to their present times. Returns the
    /// references that dead timers' entries held: to be dropped without the lock, for that may run
    /// anybody's code.
    #[cold]
    pub(super) fn sweep_locked(&self, heap: &mut Heap) -> Vec<Arc<Inner>> {
        let mut released = Vec::new();
        // Before the look: who dies after it counts again.
        self.front.zombies.store(0, Relaxed);
        heap.retain(|entry| match entry.owner() {
            // SAFETY: valid as long as the entry is in the heap (duty 1 of `insert_wait`).
            Owner::Wait(target) => unsafe { live_wait(*entry, target) },
            Owner::Timer(inner) => {
                // SAFETY: the entry owns a reference.
                match unsafe { inner.as_ref() }.judge(*entry) {
                    Judgement::Live(when) => {
                        entry.when = when;
                        true
                    }
                    Judgement::Dead => {
                        // SAFETY: the entry owns a reference, and goes.
                        released.push(unsafe { Arc::from_raw(inner.as_ptr()) });
                        false
                    }
                }
            }
        });
        released
    }
}

/// Whether the wait of this entry may still be on.
///
/// # Safety
/// The target is valid.
#[inline]
unsafe fn live_wait(entry: Entry, target: NonNull<WaitTimer>) -> bool {
    // SAFETY: valid.
    unsafe { target.as_ref() }
        .live(entry.when)
        .is_some_and(|seq| entry.may_be(seq))
}
