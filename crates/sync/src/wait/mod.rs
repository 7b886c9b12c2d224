//! Waiting in a queue under a short lock: what all of this crate's waits have in common.
//!
//! A primitive has an atomic word for those who need not wait, and behind a [`Lock`] the queue of
//! those who do. A waiter queues itself and makes the word say so **under the lock**; whoever
//! changes the word to something a waiter waits for sees that, takes the lock, pops the waiter
//! (which claims its wait), writes the outcome and, having left the lock, unparks it.
//!
//! ```text
//!              push             pop (claim)          outcome, unpark
//!   (made) ----------> QUEUED ----------------> CLAIMED ---------------> woken: reads its outcome
//!                        |
//!                        |  limit reached, or interrupted; removed under the lock
//!                        +---------------------------------------------> withdrawn: not happened
//! ```
//!
//! A withdrawn waiter gets the lock back as it took itself out: it puts the word in order before
//! anybody else can look.

mod limit;
mod queue;

pub(crate) use limit::{Cut, Limit, unlimited};
pub(crate) use queue::{Outcome, Queue, Waiter, WakeList};

use gompa_park::lock::Guard;
use gompa_park::waiter::Then;
use gompa_park::{Lock, Parker, WaitReason, Wake};
use std::mem::ManuallyDrop;
use std::ptr;

/// How a wait ended.
pub(crate) enum Waited<'a, D> {
    /// Somebody claimed it; the waiter knows the [outcome](Waiter::outcome).
    Claimed,
    /// It was cut short and nothing has happened. The lock is held since the waiter left the queue.
    Withdrawn(Guard<'a, D>, Cut),
}

/// Leaves `held`, where `waiter` has been queued in `queue`, and waits until it has been claimed or
/// `limit` is reached. The lock is left only once the waiter really waits.
///
/// # Safety
/// 1. `waiter` is in `queue(held)`, and `held` is of `lock`.
pub(crate) unsafe fn wait<'a, D>(
    lock: &'a Lock<D>,
    held: Guard<'a, D>,
    queue: impl Fn(&mut D) -> &mut Queue,
    parker: &Parker,
    waiter: &Waiter,
    reason: WaitReason,
    limit: Limit,
) -> Waited<'a, D> {
    let _held = ManuallyDrop::new(held);
    let then = Then {
        run: leave::<D>,
        data: ptr::from_ref(lock).cast(),
    };
    // SAFETY: 1. leaving neither blocks nor panics. 2. the waiter is in a queue under the lock that
    // is held until then.
    let wake =
        without_unwinding(|| unsafe { parker.park_then_cuttable(reason, limit.deadline(), then) });
    // SAFETY: 1. it was queued there.
    unsafe { ended(lock, queue, parker, waiter, reason, wake) }
}

/// As [`wait`], for a waiter that had to leave the lock before it could wait; it may have been
/// claimed since.
///
/// # Safety
/// 1. `waiter` has been put into `queue` of what is under `lock`.
pub(crate) unsafe fn wait_unlocked<'a, D>(
    lock: &'a Lock<D>,
    queue: impl Fn(&mut D) -> &mut Queue,
    parker: &Parker,
    waiter: &Waiter,
    reason: WaitReason,
    limit: Limit,
) -> Waited<'a, D> {
    let wake = without_unwinding(|| parker.park_cuttable(reason, limit.deadline()));
    // SAFETY: 1. duty 1.
    unsafe { ended(lock, queue, parker, waiter, reason, wake) }
}

/// The wait of `waiter` has ended with `wake`: withdraws it unless it has been claimed.
///
/// # Safety
/// 1. `waiter` has been put into `queue` of what is under `lock`.
unsafe fn ended<'a, D>(
    lock: &'a Lock<D>,
    queue: impl Fn(&mut D) -> &mut Queue,
    parker: &Parker,
    waiter: &Waiter,
    reason: WaitReason,
    wake: Wake,
) -> Waited<'a, D> {
    if wake != Wake::Unparked {
        let mut held = lock.lock();
        // SAFETY: 1. the lock of this queue is held. 2. duty 1.
        if unsafe { queue(&mut held).remove(waiter) } {
            return Waited::Withdrawn(held, Cut::of(wake));
        }
        drop(held);
        parker.park_claimed(reason);
    }
    Waited::Claimed
}

/// Waits for what cannot come until the limit is reached.
pub(crate) fn wait_in_vain(parker: &Parker, reason: WaitReason, limit: Limit) -> Cut {
    match parker.park_cuttable(reason, limit.deadline()) {
        Wake::Unparked => unreachable!("nobody knows of this wait"),
        wake => Cut::of(wake).leave(parker),
    }
}

/// Leaves the lock at `lock`.
///
/// # Safety
/// 1. The caller holds it, without a guard.
unsafe fn leave<D>(lock: *const ()) {
    // SAFETY: the lock is part of what its waiter waits for, which the waiter borrows. Held by
    // duty 1.
    unsafe { (*lock.cast::<Lock<D>>()).raw().unlock() }
}

/// Runs `f` while a waiter of this stack is queued: unwinding would leave a dead one in the queue, so
/// it ends the process. (No host of ours unwinds there; one that panics instead of waiting does.)
pub(crate) fn without_unwinding<R>(f: impl FnOnce() -> R) -> R {
    struct AbortOnUnwind;
    impl Drop for AbortOnUnwind {
        fn drop(&mut self) {
            std::process::abort();
        }
    }
    let bomb = AbortOnUnwind;
    let result = f();
    std::mem::forget(bomb);
    result
}
