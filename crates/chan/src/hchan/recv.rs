//! Receiving.
//!
//! From the ring, and then the first waiting sender's value takes the freed slot; with nothing in
//! the ring, directly from a waiting sender; else the receiver waits, with a place for the value: a
//! sender will move it there.

use super::Core;
use super::elem::Elem;
use super::gate::{CLOSED, Held, PROMISED, SEND_WAIT, UNBUFFERED};
use super::wait::{NOW, Waited, wait};
use super::waiter::{Outcome, Waiter};
use crate::timed::Armed;
use gompa_park::sync::atomic::{Ordering, fence};
use gompa_park::time::Nanos;
use gompa_park::{Parker, Unparker, WaitReason};
use std::ptr::NonNull;

/// What came of a receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// The value is in its place.
    Done,
    /// The channel is closed and drained.
    Closed,
    /// The deadline has passed.
    TimedOut,
    /// The runtime shuts down.
    Interrupted,
}

/// What came of one try under the main lock.
pub(crate) enum RecvStep {
    /// The value is in its place; wake this sender when the lock is left.
    Done(Option<Unparker>),
    Closed,
    Empty,
    /// A sender without its value has been claimed: [`meet`] it.
    Meet(NonNull<Waiter>),
}

impl Held<'_> {
    /// Tries to receive.
    ///
    /// # Safety
    /// 1. `to` is a place for a value of the channel's type; it is filled on [`RecvStep::Done`].
    #[inline(always)]
    pub(crate) unsafe fn recv<E: Elem>(&mut self, elem: E, to: *mut u8) -> RecvStep {
        // SAFETY: 1. everything is held. 2. duty 1.
        if !self.has(UNBUFFERED) && unsafe { self.core.ring.pop(elem, to) } {
            let sender = self.refill(elem);
            if sender.is_none() {
                self.calm();
            }
            return RecvStep::Done(sender);
        }
        if let Some(sender) = self.pop_sender() {
            let Some(from) = sender.value() else {
                return RecvStep::Meet(NonNull::from(sender));
            };
            // SAFETY: 1. a waiting sender's value is of the channel's type. 2. it is the claimer's
            // until the sender is unparked; `to` is the caller's.
            unsafe { elem.copy(from.as_ptr(), to) };
            return RecvStep::Done(Some(sender.conclude(Outcome::Done)));
        }
        if self.has(CLOSED) {
            return RecvStep::Closed;
        }
        RecvStep::Empty
    }

    /// A slot has become free: the first waiting sender gets it. Returns what wakes that one.
    #[inline(always)]
    pub(super) fn refill<E: Elem>(&mut self, elem: E) -> Option<Unparker> {
        let sender = NonNull::from(self.pop_sender()?);
        // SAFETY: claimed above, hence live until unparked.
        let sender = unsafe { sender.as_ref() };
        Some(match sender.value() {
            Some(value) => {
                let promised = self.core.gate.promised.get() as usize;
                // SAFETY: 1. everything is held. 2. a waiting sender's value is of the channel's
                // type, and the claimer's.
                let pushed = unsafe { self.core.ring.push(elem, value.as_ptr(), promised) };
                assert!(pushed, "a slot has become free");
                sender.conclude(Outcome::Done)
            }
            None => {
                self.promise_slot();
                sender.conclude(Outcome::Slot)
            }
        })
    }
}

/// Lets a claimed sender make its value and waits for it. True: the value is in its place; false:
/// the sender turned back, nothing has happened.
///
/// This wait has no deadline: the sender has chosen this case and is on its way, and it could not
/// unchoose it.
///
/// # Safety
/// 1. The caller has claimed `sender`, which came without its value, and holds no lock.
/// 2. `to` is a place for a value of that sender's channel.
pub(crate) unsafe fn meet(sender: NonNull<Waiter>, to: *mut u8, reason: WaitReason) -> bool {
    let parker = Parker::current();
    let waiter = Waiter::new(parker.unparker(), to);
    // SAFETY: claimed (duty 1), hence live until unparked.
    let unparker = unsafe { sender.as_ref() }.conclude(Outcome::Meet(NonNull::from(&waiter)));
    // SAFETY: 1. claimed by the caller (duty 1). 2. a claimed wait is not withdrawn.
    unsafe { unparker.unpark() };
    parker.park_claimed(reason);
    match waiter.outcome() {
        Outcome::Done => true,
        Outcome::Retry => false,
        other => unreachable!("a receiver met {other:?}"),
    }
}

impl Core {
    /// Receives to `to`, waiting until `deadline` at most.
    ///
    /// # Safety
    /// 1. `to` is a place for a value of the channel's type; it is filled on [`Received::Done`].
    /// 2. `elem` is of the channel's type.
    #[inline(always)]
    pub(crate) unsafe fn recv<E: Elem>(&self, elem: E, to: *mut u8, deadline: Nanos) -> Received {
        // SAFETY: 1. the lane gives the receive end. 2. duty 1.
        if self.in_recv_lane(|| unsafe { self.ring.pop(elem, to) }) {
            return Received::Done;
        }
        // SAFETY: duties 1 and 2, passed on.
        unsafe { self.recv_held(elem, to, deadline) }
    }

    /// As [`recv`](Self::recv), past the lane.
    ///
    /// # Safety
    /// As there.
    #[inline(never)]
    unsafe fn recv_held<E: Elem>(&self, elem: E, to: *mut u8, deadline: Nanos) -> Received {
        if self.is_timer() {
            self.fire_if_due();
        }
        if deadline == NOW && self.surely_empty() {
            return Received::TimedOut;
        }
        // SAFETY: 1. the lane gives the receive end. 2. duty 1.
        let pop = || unsafe { self.ring.pop(elem, to) };
        if deadline != NOW
            && self.gate.is_open()
            && self.ring.recv.patience.wait(|| !self.ring.is_empty())
            && self.in_recv_lane(pop)
        {
            return Received::Done;
        }
        // Of a timer's channel: its timer runs while somebody waits.
        let mut armed = None;
        loop {
            let mut held = self.enter();
            // SAFETY: duty 1.
            match unsafe { held.recv(elem, to) } {
                RecvStep::Done(sender) => {
                    drop(held);
                    if let Some(sender) = sender {
                        // SAFETY: 1. claimed by this receive. 2. a claimed wait is not withdrawn.
                        unsafe { sender.unpark() };
                    }
                    return Received::Done;
                }
                RecvStep::Closed => return Received::Closed,
                RecvStep::Empty if deadline == NOW => return Received::TimedOut,
                RecvStep::Empty => {}
                RecvStep::Meet(sender) => {
                    drop(held);
                    // SAFETY: 1. claimed just now, and the lock is left. 2. duty 1.
                    if unsafe { meet(sender, to, WaitReason::ChanReceive) } {
                        return Received::Done;
                    }
                    continue;
                }
            }
            if armed.is_none() && self.is_timer() {
                drop(held);
                // It may fire at once; so look again before waiting.
                armed = Some(Armed::new(self));
                continue;
            }
            let parker = Parker::current();
            let waiter = Waiter::new(parker.unparker(), to);
            // SAFETY: 1. made just now; this frame stays until the wait has ended.
            unsafe { held.queue_receiver(&waiter) };
            // SAFETY: 1. queued here as a receiver.
            let withdraw = || unsafe { self.enter().withdraw_receiver(&waiter) };
            let reason = WaitReason::ChanReceive;
            let waited = wait(held, &parker, &waiter, reason, deadline, withdraw);
            match waited {
                Waited::Claimed(Outcome::Done) => return Received::Done,
                Waited::Claimed(Outcome::Closed) => return Received::Closed,
                Waited::Claimed(Outcome::Retry) => {}
                Waited::Claimed(other) => unreachable!("a receiver got {other:?}"),
                Waited::TimedOut => return Received::TimedOut,
                Waited::Interrupted => return Received::Interrupted,
            }
        }
    }

    /// Receives what is there, without waiting and without asking a timer.
    ///
    /// # Safety
    /// As [`recv`](Self::recv), except that a sender without its value is not expected here.
    pub(crate) unsafe fn recv_quietly<E: Elem>(&self, elem: E, to: *mut u8) -> Received {
        let mut held = self.enter();
        // SAFETY: duty 1 of `recv`.
        let step = unsafe { held.recv(elem, to) };
        drop(held);
        match step {
            RecvStep::Done(Some(sender)) => {
                // SAFETY: 1. claimed by this receive. 2. a claimed wait is not withdrawn.
                unsafe { sender.unpark() };
                Received::Done
            }
            RecvStep::Done(None) => Received::Done,
            RecvStep::Closed => Received::Closed,
            RecvStep::Empty => Received::TimedOut,
            RecvStep::Meet(_) => unreachable!("only timers send on this channel"),
        }
    }

    /// Whether at some moment during this call the channel was open and empty and nobody was
    /// waiting to send. False proves nothing.
    pub(crate) fn surely_empty(&self) -> bool {
        // What this thread did before (on another channel, say) comes before these looks.
        fence(Ordering::SeqCst);
        let word = self.gate.word();
        word & (CLOSED | SEND_WAIT | PROMISED) == 0
            && self.ring.is_empty()
            && self.gate.word() == word
    }
}
