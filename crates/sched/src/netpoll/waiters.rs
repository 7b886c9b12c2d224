//! Who waits for one direction of a socket: one word, no lock.
//!
//! ```text
//!   newest ──► Node ──older──► Node ──older──► null       nodes lie on their waiters' stacks
//! ```
//!
//! Two operations only: a waiter *pushes* itself, and somebody *takes* the whole list. Taking is the
//! claim of [`gompa_park::waiter`]: whoever took the list wakes everybody in it, once. There is no
//! way to take one node out of the middle: who wants to [withdraw](Waiters::withdraw) takes the
//! list, keeps itself and wakes the others, who look around and push themselves again. That costs
//! something only where several wait for one direction of one socket and one of them gives up.

use super::doorbell::Ringer;
use gompa_park::Unparker;
use gompa_park::sync::UnsafeCell;
use gompa_park::sync::atomic::AtomicPtr;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use std::ptr;

/// How a waiter is woken.
#[derive(Clone, Copy, Debug)]
pub(super) enum Caller {
    /// A goroutine (under the model, a thread): parked.
    Parked(Unparker),
    /// A plain thread: in `ppoll`, with a doorbell beside the socket.
    Polling(Ringer),
}

/// One wait. Lies on the waiter's stack.
#[derive(Debug)]
pub(super) struct Node {
    /// The waiter that was newest before. The waiter writes it until the push has succeeded, then
    /// whoever took the list reads it.
    older: UnsafeCell<*mut Node>,
    /// Written once, before the push.
    caller: Caller,
}

impl Node {
    pub(super) fn new(caller: Caller) -> Node {
        Node {
            older: UnsafeCell::new(ptr::null_mut()),
            caller,
        }
    }
}

/// The waiters of one direction.
#[derive(Debug)]
pub(super) struct Waiters {
    /// The newest waiter, or null. Waiters push by compare-and-swap; everybody else swaps null in.
    newest: AtomicPtr<Node>,
}

impl Waiters {
    pub(super) fn new() -> Waiters {
        Waiters {
            newest: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Publishes `node`. Whatever was written before a [`take`](Self::take) that does not find the
    /// node is visible to the caller afterwards.
    ///
    /// # Safety
    /// 1. `node` stays where it is until its claim has woken the waiter, or until
    ///    [`withdraw`](Self::withdraw) has given it back.
    /// 2. It is in no list now.
    pub(super) unsafe fn push(&self, node: &Node) {
        let this = ptr::from_ref(node).cast_mut();
        let mut newest = self.newest.load(Relaxed);
        loop {
            // SAFETY: the node is in no list (duty 2), so nobody else looks at it yet.
            node.older.with_mut(|older| unsafe { *older = newest });
            match self
                .newest
                .compare_exchange_weak(newest, this, AcqRel, Relaxed)
            {
                Ok(_) => return,
                Err(now) => newest = now,
            }
        }
    }

    /// Claims everybody who waits. Visible to those who push later: all that the caller wrote
    /// before. Hence also an empty list is swapped.
    pub(super) fn take(&self) -> Claims {
        Claims {
            next: self.newest.swap(ptr::null_mut(), AcqRel),
        }
    }

    /// Takes `node` out again; the others in the list are woken for nothing. False: somebody has
    /// claimed `node`, and its wake-up is certain to come.
    pub(super) fn withdraw(&self, node: &Node) -> bool {
        let mut found = false;
        for claim in self.take() {
            if ptr::eq(claim.node, node) {
                found = true;
                std::mem::forget(claim);
            }
        }
        found
    }

    /// Whether nobody waits. For dumps: out of date when it returns.
    pub(super) fn is_empty(&self) -> bool {
        self.newest.load(Acquire).is_null()
    }
}

/// The waiters somebody has claimed, newest first. Those left when it is dropped are woken.
#[derive(Debug)]
#[must_use = "dropping it wakes the waiters at once"]
pub(super) struct Claims {
    next: *mut Node,
}

impl Iterator for Claims {
    type Item = Claim;

    fn next(&mut self) -> Option<Claim> {
        // SAFETY: the node is claimed and not yet woken, so its waiter keeps it (duty 1 of `push`).
        let node = unsafe { self.next.as_ref()? };
        let claim = Claim {
            node: self.next,
            caller: node.caller,
        };
        // SAFETY: as above; who takes the list is the only one to look at it.
        self.next = node.older.with(|older| unsafe { *older });
        Some(claim)
    }
}

impl Drop for Claims {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

/// The duty to wake one waiter. Dropping it does so.
#[derive(Debug)]
pub(super) struct Claim {
    /// A name only, for `withdraw`.
    node: *const Node,
    caller: Caller,
}

impl Claim {
    /// Hands the duty over: whoever gets the `Unparker` calls it, once. A plain thread is woken
    /// here and now.
    pub(super) fn hand_over(self) -> Option<Unparker> {
        match self.caller {
            Caller::Parked(unparker) => {
                std::mem::forget(self);
                Some(unparker)
            }
            Caller::Polling(_) => None,
        }
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        match self.caller {
            // SAFETY: 1. the list was taken once, and each claim is dropped or handed over once.
            // 2. a waiter withdraws only by taking the list with its node still in it.
            Caller::Parked(unparker) => unsafe { unparker.unpark() },
            Caller::Polling(ringer) => ringer.ring(),
        }
    }
}
