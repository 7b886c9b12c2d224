//! Somebody who waits: a node on its own stack; and queues of them.

use gompa_park::Unparker;
use gompa_park::sync::Cell;
use gompa_park::time::Nanos;
use std::ptr::{self, NonNull};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Not yet.
    Pending,
    /// The waiter has got what it waited for.
    Granted,
    /// The waiter may try again.
    Woken,
}

/// A waiter. Its address is fixed while it is queued or claimed.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// Neighbours in the queue, null at its ends. Under the queue's lock; of a claimed waiter the
    /// claimer's.
    prev: Cell<*const Waiter>,
    next: Cell<*const Waiter>,
    /// Whether it is in a queue. Under its lock.
    queued: Cell<bool>,
    /// What wakes its owner.
    unparker: Unparker,
    /// What the primitive must know of it: since when it has lost, how much it wants. Written by the
    /// owner before it queues.
    pub(crate) note: u64,
    /// When it queued, for the profile of contention; a primitive that tells nothing leaves it 0.
    since: Nanos,
    /// Written by the claimer before it unparks, read by the owner after.
    outcome: Cell<Outcome>,
}

impl Waiter {
    /// A node for one wait.
    pub(crate) fn new(unparker: Unparker, note: u64) -> Waiter {
        Waiter::queued_at(unparker, note, 0)
    }

    /// A node for one wait that begins now, at `since`.
    pub(crate) fn queued_at(unparker: Unparker, note: u64, since: Nanos) -> Waiter {
        Waiter {
            prev: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
            queued: Cell::new(false),
            unparker,
            note,
            since,
            outcome: Cell::new(Outcome::Pending),
        }
    }

    /// How the wait ended; read by the owner once its wait has been claimed.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.get()
    }
}

/// Waiters, first come first served unless they are put at the front.
#[derive(Debug)]
pub(crate) struct Queue {
    first: *const Waiter,
    last: *const Waiter,
}

// SAFETY: a queue is used by one thread at a time, whoever holds its lock; its nodes are made to be
// used by that thread (the parts that are not are the owner's and are not touched through it).
unsafe impl Send for Queue {}

impl Queue {
    pub(crate) const fn new() -> Queue {
        Queue {
            first: ptr::null(),
            last: ptr::null(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Whether exactly one waits.
    pub(crate) fn is_single(&self) -> bool {
        !self.first.is_null() && ptr::eq(self.first, self.last)
    }

    /// The note of the first.
    pub(crate) fn first_note(&self) -> Option<u64> {
        // SAFETY: queued nodes are live.
        unsafe { self.first.as_ref() }.map(|waiter| waiter.note)
    }

    /// When the first queued.
    pub(crate) fn first_since(&self) -> Option<Nanos> {
        // SAFETY: queued nodes are live.
        unsafe { self.first.as_ref() }.map(|waiter| waiter.since)
    }

    /// Puts a waiter at the end.
    ///
    /// # Safety
    /// 1. The caller holds the queue's lock.
    /// 2. The node is in no queue, its wait has not ended, and it stays where it is until it has
    ///    been claimed and unparked, or removed.
    pub(crate) unsafe fn push_back(&mut self, waiter: &Waiter) {
        debug_assert!(!waiter.queued.get());
        waiter.prev.set(self.last);
        waiter.next.set(ptr::null());
        waiter.queued.set(true);
        // SAFETY: queued nodes are live (duty 2 of the one that queued it).
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(waiter),
            None => self.first = waiter,
        }
        self.last = waiter;
    }

    /// Puts a waiter at the front.
    ///
    /// # Safety
    /// As [`push_back`](Self::push_back).
    pub(crate) unsafe fn push_front(&mut self, waiter: &Waiter) {
        debug_assert!(!waiter.queued.get());
        waiter.next.set(self.first);
        waiter.prev.set(ptr::null());
        waiter.queued.set(true);
        // SAFETY: queued nodes are live (duty 2 of the one that queued it).
        match unsafe { self.first.as_ref() } {
            Some(first) => first.prev.set(waiter),
            None => self.last = waiter,
        }
        self.first = waiter;
    }

    /// Takes a waiter out, wherever it is in this queue; false if it has been claimed.
    ///
    /// # Safety
    /// 1. The caller holds the queue's lock.
    /// 2. The node was put into this queue.
    pub(crate) unsafe fn remove(&mut self, waiter: &Waiter) -> bool {
        if !waiter.queued.replace(false) {
            return false;
        }
        let (prev, next) = (waiter.prev.get(), waiter.next.get());
        // SAFETY: queued nodes are live.
        match unsafe { prev.as_ref() } {
            Some(prev) => prev.next.set(next),
            None => self.first = next,
        }
        // SAFETY: queued nodes are live.
        match unsafe { next.as_ref() } {
            Some(next) => next.prev.set(prev),
            None => self.last = prev,
        }
        true
    }

    /// Claims the first waiter. It is to be woken through the list.
    pub(crate) fn pop_into(&mut self, list: &mut WakeList, outcome: Outcome) -> bool {
        let Some(first) = NonNull::new(self.first.cast_mut()) else {
            return false;
        };
        // SAFETY: queued nodes are live, and a claimed one until it is unparked.
        let waiter = unsafe { first.as_ref() };
        // SAFETY: 1. `&mut self` is had under the lock only. 2. it is in this queue.
        unsafe { self.remove(waiter) };
        list.push(waiter, outcome);
        true
    }

    /// Claims all; how many.
    pub(crate) fn pop_all_into(&mut self, list: &mut WakeList, outcome: Outcome) -> u64 {
        let mut n = 0;
        while self.pop_into(list, outcome) {
            n += 1;
        }
        n
    }
}

/// Claimed waiters with their outcomes, to be woken once no lock is held, in the order of their
/// claims. Wakes them when it is dropped.
#[derive(Debug)]
pub(crate) struct WakeList {
    first: *const Waiter,
    last: *const Waiter,
}

impl WakeList {
    pub(crate) fn new() -> WakeList {
        WakeList {
            first: ptr::null(),
            last: ptr::null(),
        }
    }

    fn push(&mut self, waiter: &Waiter, outcome: Outcome) {
        waiter.outcome.set(outcome);
        waiter.next.set(ptr::null());
        // SAFETY: claimed nodes are live until they are unparked, which this list does last.
        match unsafe { self.last.as_ref() } {
            Some(last) => last.next.set(waiter),
            None => self.first = waiter,
        }
        self.last = waiter;
    }
}

impl Drop for WakeList {
    fn drop(&mut self) {
        let mut next = self.first;
        // SAFETY: claimed nodes are live until unparked; the link is read before that.
        while let Some(waiter) = unsafe { next.as_ref() } {
            next = waiter.next.get();
            let unparker = waiter.unparker;
            // SAFETY: 1. the list's owner has claimed the wait. 2. hence it has not withdrawn.
            unsafe { unparker.unpark() };
        }
    }
}
