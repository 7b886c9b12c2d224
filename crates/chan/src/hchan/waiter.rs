//! Somebody who waits at a channel: a node on its own stack.
//!
//! # States
//! ```text
//!              enqueue             pop (claim)           outcome, unpark
//!   (made) -----------> QUEUED -----------------> CLAIMED ---------------> woken: reads its outcome
//!                         |
//!                         |  withdraw (timed out, interrupted, or a select's losing case)
//!                         +------------------------------------------------> not happened
//! ```
//! `prev`, `next`, `queued` belong to the channel's main lock. Popping a node claims the wait: the
//! claimer alone moves the value, writes the outcome and unparks, and touches nothing of the node
//! after that. A select has one node a case, in several channels under several locks, so its nodes
//! share a [`Claim`] and are claimed by winning that; a popped node whose claim is lost is left to
//! its owner, who takes every losing case's lock once more before it leaves.

use gompa_park::Unparker;
use gompa_park::sync::Cell;
use gompa_park::sync::atomic::AtomicU32;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire};
use std::ptr::{self, NonNull};

/// How a wait ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// Not yet.
    Pending,
    /// The value has been moved.
    Done,
    /// The channel was closed.
    Closed,
    /// The other party turned back: nothing has happened, wait anew. (Receivers only.)
    Retry,
    /// A free slot is promised to this sender, which came without its value.
    Slot,
    /// This receiver waits for the value of this sender, which came without it.
    Meet(NonNull<Waiter>),
}

/// A waiting sender or receiver. Its address is fixed while it is queued or claimed.
#[derive(Debug)]
pub(crate) struct Waiter {
    /// Neighbours in the queue, null at its ends. Main lock.
    prev: Cell<*const Waiter>,
    next: Cell<*const Waiter>,
    /// Whether it is in a queue. Main lock.
    queued: Cell<bool>,
    /// What wakes its owner.
    unparker: Unparker,
    /// Where the value is (sender) or goes (receiver); null: a sender that makes its value only
    /// when its turn has come. Used by the claimer.
    value: *mut u8,
    /// Of a select's case: what all its cases share; else null.
    claim: *const Claim,
    /// Of a select's case: its number.
    case: u32,
    /// Written by the claimer before it unparks, read by the owner after.
    outcome: Cell<Outcome>,
}

impl Waiter {
    /// A node for one wait of `unparker`'s, whose value is at, or goes to, `value`.
    #[inline(always)]
    pub(crate) fn new(unparker: Unparker, value: *mut u8) -> Waiter {
        Self::of_case(unparker, value, ptr::null(), 0)
    }

    /// Likewise, for case number `case` of a select whose cases share `claim`.
    #[inline(always)]
    pub(crate) fn of_case(
        unparker: Unparker,
        value: *mut u8,
        claim: *const Claim,
        case: u32,
    ) -> Waiter {
        Waiter {
            prev: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
            queued: Cell::new(false),
            unparker,
            value,
            claim,
            case,
            outcome: Cell::new(Outcome::Pending),
        }
    }

    /// Where the value is or goes.
    pub(crate) fn value(&self) -> Option<NonNull<u8>> {
        NonNull::new(self.value)
    }

    /// How the wait ended; read by the owner once it has been unparked.
    pub(crate) fn outcome(&self) -> Outcome {
        self.outcome.get()
    }

    /// Writes the outcome and gives what wakes the owner.
    ///
    /// The caller has claimed the wait. It unparks, once, when it has left the channel's locks, and
    /// touches the node no more from then on.
    pub(crate) fn conclude(&self, outcome: Outcome) -> Unparker {
        self.outcome.set(outcome);
        self.unparker
    }

    /// Tries to claim the wait; the caller has just taken the node out of its queue.
    fn claim(&self) -> bool {
        // SAFETY: a select's claim outlives its nodes in the queues: it is on the same stack, and
        // the owner takes this channel's lock (held by the caller) before it leaves.
        self.claim.is_null() || unsafe { (*self.claim).take(self.case) }
    }
}

/// What the cases of one blocked select share: who has ended its wait.
///
/// This is also how a third party would end a wait: take the claim, then unpark.
#[derive(Debug)]
pub(crate) struct Claim {
    /// OPEN, WITHDRAWN, or the number of the winning case. Set once.
    winner: AtomicU32,
}

const OPEN: u32 = u32::MAX;
const WITHDRAWN: u32 = u32::MAX - 1;

impl Claim {
    pub(crate) fn new() -> Claim {
        Claim {
            winner: AtomicU32::new(OPEN),
        }
    }

    fn take(&self, winner: u32) -> bool {
        self.winner
            .compare_exchange(OPEN, winner, AcqRel, Acquire)
            .is_ok()
    }

    /// The owner ends the wait itself; false: somebody has claimed it already.
    pub(crate) fn withdraw(&self) -> bool {
        self.take(WITHDRAWN)
    }

    /// The winning case, once the owner has been unparked.
    pub(crate) fn winner(&self) -> usize {
        self.winner.load(Acquire) as usize
    }
}

/// Waiters in the order of their coming. Everything here is under the channel's main lock.
#[derive(Debug)]
pub(crate) struct Queue {
    first: Cell<*const Waiter>,
    last: Cell<*const Waiter>,
}

impl Queue {
    pub(crate) fn new() -> Queue {
        Queue {
            first: Cell::new(ptr::null()),
            last: Cell::new(ptr::null()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first.get().is_null()
    }

    /// How many are in it.
    ///
    /// # Safety
    /// 1. The caller holds the channel's main lock.
    pub(crate) unsafe fn len(&self) -> usize {
        let mut len = 0;
        let mut next = self.first.get();
        // SAFETY: queued nodes are live.
        while let Some(waiter) = unsafe { next.as_ref() } {
            len += 1;
            next = waiter.next.get();
        }
        len
    }

    /// Puts a waiter at the end.
    ///
    /// # Safety
    /// 1. The caller holds the channel's main lock.
    /// 2. The node is in no queue and its wait has not ended, and it stays where it is until it has been claimed and
    ///    unparked, or withdrawn.
    pub(crate) unsafe fn push(&self, waiter: &Waiter) {
        debug_assert!(!waiter.queued.get());
        let last = self.last.get();
        waiter.prev.set(last);
        waiter.next.set(ptr::null());
        waiter.queued.set(true);
        if last.is_null() {
            self.first.set(waiter);
        } else {
            // SAFETY: queued nodes are live (duty 2 of the one that queued it).
            unsafe { (*last).next.set(waiter) };
        }
        self.last.set(waiter);
    }

    /// Takes a waiter out, wherever it is in this queue; false if it is in none.
    ///
    /// # Safety
    /// 1. The caller holds the channel's main lock.
    /// 2. The node is in this queue or in none.
    pub(crate) unsafe fn remove(&self, waiter: &Waiter) -> bool {
        if !waiter.queued.replace(false) {
            return false;
        }
        let (prev, next) = (waiter.prev.get(), waiter.next.get());
        if prev.is_null() {
            self.first.set(next);
        } else {
            // SAFETY: queued nodes are live.
            unsafe { (*prev).next.set(next) };
        }
        if next.is_null() {
            self.last.set(prev);
        } else {
            // SAFETY: queued nodes are live.
            unsafe { (*next).prev.set(prev) };
        }
        true
    }

    /// Takes the first waiter out and claims its wait. Cases of selects that have been claimed
    /// elsewhere are taken out on the way and left to their owners.
    ///
    /// # Safety
    /// 1. The caller holds the channel's main lock.
    /// 2. The caller [`conclude`](Waiter::conclude)s and unparks what it gets.
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<Waiter>> {
        loop {
            let first = NonNull::new(self.first.get().cast_mut())?;
            // SAFETY: queued nodes are live, and a claimed one until it is unparked.
            let waiter = unsafe { first.as_ref() };
            // SAFETY: 1. duty 1. 2. it is in this queue.
            unsafe { self.remove(waiter) };
            if waiter.claim() {
                return Some(first);
            }
        }
    }
}

/// Claimed and concluded waiters, to be unparked once no lock is held: a stack, as in Go.
#[derive(Debug)]
pub(crate) struct WakeList {
    top: *const Waiter,
}

impl WakeList {
    pub(crate) fn new() -> WakeList {
        WakeList { top: ptr::null() }
    }

    /// Puts a claimed waiter on top, with its outcome.
    pub(crate) fn push(&mut self, waiter: NonNull<Waiter>, outcome: Outcome) {
        // SAFETY: a claimed node is live until it is unparked, and is the claimer's.
        let node = unsafe { waiter.as_ref() };
        node.conclude(outcome);
        node.next.set(self.top);
        self.top = waiter.as_ptr();
    }

    /// Wakes all.
    pub(crate) fn wake(&mut self) {
        // SAFETY: claimed nodes are live until unparked; the link is read before that.
        while let Some(waiter) = unsafe { self.top.as_ref() } {
            self.top = waiter.next.get();
            // SAFETY: 1. the list's owner has claimed the wait. 2. hence it has not withdrawn.
            unsafe { waiter.unparker.unpark() };
        }
    }
}
