//! Sending.
//!
//! To a waiting receiver directly, past the ring; else into the ring; else the sender waits, with
//! its value where it is: a receiver will move it from there.

use super::Core;
use super::elem::Elem;
use super::gate::{CLOSED, Held, PROMISED, RECV_WAIT, UNBUFFERED};
use super::wait::{NOW, Waited, wait};
use super::waiter::{Outcome, Waiter};
use gompa_park::sync::atomic::{Ordering, fence};
use gompa_park::time::Nanos;
use gompa_park::{Parker, Unparker, WaitReason};

/// What came of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The value has been moved away.
    Done,
    /// The channel is closed; the value is where it was.
    Closed,
    /// The deadline has passed; the value is where it was.
    TimedOut,
    /// The runtime shuts down; the value is where it was.
    Interrupted,
}

/// What came of one try under the main lock.
pub(crate) enum SendStep {
    /// The value has been moved; wake this receiver when the lock is left.
    Done(Option<Unparker>),
    Closed,
    Full,
}

impl Held<'_> {
    /// Tries to send.
    ///
    /// # Safety
    /// 1. `value` is a value of the channel's type; it is moved from on [`SendStep::Done`].
    #[inline(always)]
    pub(crate) unsafe fn send<E: Elem>(&mut self, elem: E, value: *const u8) -> SendStep {
        if self.has(CLOSED) {
            return SendStep::Closed;
        }
        if let Some(receiver) = self.pop_receiver() {
            // SAFETY: duty 1 here, duty of `hand_over` by the claim just made.
            return SendStep::Done(Some(unsafe { hand_over(elem, value, receiver) }));
        }
        if self.has(UNBUFFERED) {
            return SendStep::Full;
        }
        let promised = self.core.gate.promised.get() as usize;
        // SAFETY: 1. everything is held. 2. duty 1.
        if unsafe { self.core.ring.push(elem, value, promised) } {
            self.calm();
            return SendStep::Done(None);
        }
        SendStep::Full
    }
}

/// Moves a value to a receiver whose wait the caller has claimed.
///
/// # Safety
/// 1. `value` is a value of the receiver's type; it is moved from.
/// 2. The caller has claimed `receiver`, and unparks it with what is returned.
#[inline(always)]
pub(crate) unsafe fn hand_over<E: Elem>(elem: E, value: *const u8, receiver: &Waiter) -> Unparker {
    let to = receiver.value().expect("receivers bring a place");
    // SAFETY: 1. the receiver's place is for a value of the channel's type. 2. it is the claimer's
    // until the receiver is unparked; `value` is the caller's.
    unsafe { elem.copy(value, to.as_ptr()) };
    receiver.conclude(Outcome::Done)
}

impl Core {
    /// Sends the value at `value`, waiting until `deadline` at most.
    ///
    /// # Safety
    /// 1. `value` is a value of the channel's type; it is moved from on [`Sent::Done`].
    /// 2. `elem` is of the channel's type.
    #[inline(always)]
    pub(crate) unsafe fn send<E: Elem>(&self, elem: E, value: *const u8, deadline: Nanos) -> Sent {
        // SAFETY: 1. the lane gives the send end. 2. duty 1.
        if self.in_send_lane(|| unsafe { self.ring.push(elem, value, 0) }) {
            return Sent::Done;
        }
        // SAFETY: duties 1 and 2, passed on.
        unsafe { self.send_held(elem, value, deadline) }
    }

    /// As [`send`](Self::send), past the lane.
    ///
    /// # Safety
    /// As there.
    #[inline(never)]
    unsafe fn send_held<E: Elem>(&self, elem: E, value: *const u8, deadline: Nanos) -> Sent {
        if deadline == NOW && self.surely_full() {
            return Sent::TimedOut;
        }
        // SAFETY: 1. the lane gives the send end. 2. duty 1.
        let push = || unsafe { self.ring.push(elem, value, 0) };
        if deadline != NOW
            && self.gate.is_open()
            && self.ring.send.patience.wait(|| !self.ring.is_full())
            && self.in_send_lane(push)
        {
            return Sent::Done;
        }
        let mut held = self.enter();
        // SAFETY: duty 1.
        match unsafe { held.send(elem, value) } {
            SendStep::Done(receiver) => {
                drop(held);
                if let Some(receiver) = receiver {
                    // SAFETY: 1. claimed by this send. 2. a claimed wait is not withdrawn.
                    unsafe { receiver.unpark() };
                }
                return Sent::Done;
            }
            SendStep::Closed => return Sent::Closed,
            SendStep::Full if deadline == NOW => return Sent::TimedOut,
            SendStep::Full => {}
        }
        let parker = Parker::current();
        let waiter = Waiter::new(parker.unparker(), value.cast_mut());
        // SAFETY: 1. made just now; this frame stays until the wait has ended.
        unsafe { held.queue_sender(&waiter) };
        // SAFETY: 1. queued here as a sender.
        let withdraw = || unsafe { self.enter().withdraw_sender(&waiter) };
        let reason = WaitReason::ChanSend;
        let waited = wait(held, &parker, &waiter, reason, deadline, withdraw);
        match waited {
            Waited::Claimed(Outcome::Done) => Sent::Done,
            Waited::Claimed(Outcome::Closed) => Sent::Closed,
            Waited::Claimed(other) => unreachable!("a sender with its value got {other:?}"),
            Waited::TimedOut => Sent::TimedOut,
            Waited::Interrupted => Sent::Interrupted,
        }
    }

    /// Whether at some moment during this call the channel was open and full and nobody was
    /// waiting to receive. False proves nothing.
    pub(crate) fn surely_full(&self) -> bool {
        // What this thread did before (on another channel, say) comes before these looks.
        fence(Ordering::SeqCst);
        let word = self.gate.word();
        word & (CLOSED | RECV_WAIT | PROMISED) == 0
            && self.ring.is_full()
            && self.gate.word() == word
    }
}
