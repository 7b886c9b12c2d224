//! Sending in two steps, for senders that make their value only when their turn has come.
//!
//! `select!` evaluates the value of a send case only if that case is chosen. So a case is first
//! chosen, which gives a [`Promise`], and the promise is then kept with the value, or broken if the
//! value cannot be made (its expression panicked, or returned from the function around it). See
//! "Promises" in `src/README.md` for the whole protocol.
//!
//! What is promised is either
//! - a **slot**: one free slot of the ring is not given to others. Values that are sent meanwhile
//!   go before; nothing in the ring waits for the promise. Keeping it puts the value into the ring
//!   (or straight to a receiver that waits); breaking it gives the slot to the next sender; or
//! - a **receiver**, where there is no slot: its wait is claimed. Keeping the promise moves the
//!   value to it; breaking it makes it start over.

use super::Core;
use super::elem::{Bytes, Elem};
use super::gate::{CLOSED, Held, PROMISED, UNBUFFERED};
use super::send::hand_over;
use super::waiter::{Outcome, Waiter};
use std::marker::PhantomData;
use std::ptr::NonNull;

/// What a sender without its value has got.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grant {
    /// A free slot.
    Slot,
    /// A receiver that waits for the value.
    Receiver(NonNull<Waiter>),
    /// The news that the channel is closed.
    Closed,
}

/// A grant that must be used up: by [`keep`](Promise::keep), or else it breaks when dropped.
#[derive(Debug)]
pub(crate) struct Promise<'a> {
    core: NonNull<Core>,
    grant: Grant,
    _channel: PhantomData<&'a Core>,
}

impl Held<'_> {
    /// Tries to get a promise; `None`: the channel is full, that is, a send would have to wait.
    pub(crate) fn promise(&mut self) -> Option<Grant> {
        if self.has(CLOSED) {
            return Some(Grant::Closed);
        }
        let promised = self.core.gate.promised.get() as usize;
        // SAFETY: 1. everything is held.
        if !self.has(UNBUFFERED) && unsafe { self.core.ring.has_room(promised) } {
            self.promise_slot();
            return Some(Grant::Slot);
        }
        self.pop_receiver()
            .map(|receiver| Grant::Receiver(NonNull::from(receiver)))
    }

    /// Sets one free slot aside.
    pub(super) fn promise_slot(&mut self) {
        let promised = &self.core.gate.promised;
        let more = promised.get().checked_add(1);
        promised.set(more.expect("fewer than 2^32 promises at once"));
        self.set(PROMISED, true);
    }

    /// One set-aside slot is free for all again.
    fn unpromise_slot(&mut self) {
        let promised = &self.core.gate.promised;
        promised.set(promised.get() - 1);
        self.set(PROMISED, promised.get() != 0);
    }
}

impl<'a> Promise<'a> {
    /// # Safety
    /// 1. `grant` was got from the channel at `core`, and is used here only.
    /// 2. The channel lives for `'a`.
    pub(crate) unsafe fn new(core: NonNull<Core>, grant: Grant) -> Promise<'a> {
        Promise {
            core,
            grant,
            _channel: PhantomData,
        }
    }

    fn core(&self) -> &'a Core {
        // SAFETY: duty 2 of `new`.
        unsafe { self.core.as_ref() }
    }

    /// Sends the value; false if the channel is closed, and the value is where it was.
    ///
    /// # Safety
    /// 1. `value` is a value of the channel's type; it is moved from if this returns true.
    /// 2. `elem` is of the channel's type.
    pub(crate) unsafe fn keep<E: Elem>(self, elem: E, value: *const u8) -> bool {
        let this = std::mem::ManuallyDrop::new(self);
        let core = this.core();
        let wake = match this.grant {
            Grant::Closed => return false,
            Grant::Receiver(receiver) => {
                // SAFETY: claimed, hence live until unparked.
                let receiver = unsafe { receiver.as_ref() };
                // SAFETY: 1. duty 1. 2. claimed by whoever made the grant, for this promise.
                Some(unsafe { hand_over(elem, value, receiver) })
            }
            Grant::Slot => {
                let mut held = core.enter();
                held.unpromise_slot();
                if held.has(CLOSED) {
                    return false;
                }
                if let Some(receiver) = held.pop_receiver() {
                    // SAFETY: 1. duty 1. 2. claimed just now.
                    let receiver = unsafe { hand_over(elem, value, receiver) };
                    let sender = held.refill(elem);
                    drop(held);
                    if let Some(sender) = sender {
                        // SAFETY: 1. claimed by `refill`. 2. a claimed wait is not withdrawn.
                        unsafe { sender.unpark() };
                    }
                    Some(receiver)
                } else {
                    let promised = core.gate.promised.get() as usize;
                    // SAFETY: 1. everything is held. 2. duty 1.
                    let pushed = unsafe { core.ring.push(elem, value, promised) };
                    assert!(pushed, "a slot was set aside");
                    None
                }
            }
        };
        if let Some(receiver) = wake {
            // SAFETY: 1. claimed, here or by the grant. 2. a claimed wait is not withdrawn.
            unsafe { receiver.unpark() };
        }
        true
    }
}

impl Drop for Promise<'_> {
    /// Breaks the promise: the value will not come.
    fn drop(&mut self) {
        let wake = match self.grant {
            Grant::Closed => None,
            Grant::Receiver(receiver) => {
                // SAFETY: claimed, hence live until unparked.
                let receiver = unsafe { receiver.as_ref() };
                Some(receiver.conclude(Outcome::Retry))
            }
            Grant::Slot => {
                let core = self.core();
                let mut held = core.enter();
                held.unpromise_slot();
                held.refill(Bytes(core.seldom.layout.size()))
            }
        };
        if let Some(waiter) = wake {
            // SAFETY: 1. claimed, here or by the grant. 2. a claimed wait is not withdrawn.
            unsafe { waiter.unpark() };
        }
    }
}
