//! What an M takes without looking at other Ps: turns of the global queue, its ring, batches of the
//! global queue, those that yielded.

use super::Found;
use crate::global::List;
use crate::goroutine::G;
use crate::processor::{P, YIELDED_AT_ONCE};
use crate::runtime::Sched;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;

/// Every how many slices those in the global queue are first, so that goroutines that keep waking
/// each other cannot starve them.
const GLOBAL_EVERY: u32 = 61;

impl Sched {
    /// What is to run before the local queue, for fairness' sake. The caller holds `p`.
    #[inline]
    pub(crate) fn take_in_turn(&self, p: &P) -> Option<Found> {
        if p.tick().wrapping_add(1).is_multiple_of(GLOBAL_EVERY) || p.slice_over.load(Relaxed) {
            self.take_others(p)
        } else {
            None
        }
    }

    /// Of those that wait behind the local queue, and behind goroutines that keep waking each other,
    /// each has its turn whatever the others do:
    /// - those that yielded here queue behind those in the global queue, were these never to end;
    /// - where a slice was over, the ring and the global queue are as likely to be served.
    #[cold]
    fn take_others(&self, p: &P) -> Option<Found> {
        let slice_over = p.slice_over.load(Relaxed);
        p.slice_over.store(false, Relaxed);
        if self.global.len() != 0 {
            self.flush_yielded(p);
        }
        let shared = || self.global.pop().or_else(|| p.yielded.take_from_ring());
        let g = if !slice_over {
            shared()
        } else if p.random_below(2) == 0 {
            p.queue.take_from_ring().or_else(shared)
        } else {
            shared().or_else(|| p.queue.take_from_ring())
        };
        g.map(|g| (g, false))
    }

    /// What is to run after the local queue: a batch of the global one, then those that yielded
    /// here. The caller holds `p`.
    #[inline]
    pub(crate) fn take_shared(&self, p: &P) -> Option<Found> {
        let g = self.global.pop_batch(p, self.procs.count());
        g.or_else(|| p.yielded.take_from_ring()).map(|g| (g, false))
    }

    /// Queues a goroutine that has yielded, behind all others. `p`: what the caller holds.
    #[inline]
    pub(crate) fn put_yielded(&self, p: Option<&P>, g: NonNull<G>) {
        let Some(p) = p else {
            self.global.push(g);
            return self.wake_p();
        };
        if p.yielded.put(g).is_err() {
            unreachable!("flushed long before it is full");
        }
        if p.yielded.len() >= YIELDED_AT_ONCE {
            self.flush_yielded(p);
        }
        // With one P nobody could be woken to run it.
        if self.procs.count() > 1 {
            fence(SeqCst);
            self.wake_p();
        }
    }

    /// Moves those that yielded on `p`, which the caller holds, to the global queue.
    pub(crate) fn flush_yielded(&self, p: &P) {
        let mut list = List::new();
        p.yielded.take_all_from_ring(|g| list.push(g));
        if list.len() > 0 {
            self.global.push_list(list);
        }
    }
}
