//! The channel itself: one allocation, untyped inside.
//!
//! ```text
//!   0    gate: main lock, gate word, promised, wait queues     written when somebody waits
//!  64    ring.send: lane lock, values put, index               written by senders
//! 128    ring.recv: lane lock, values taken, index             written by receivers
//! 192    what seldom changes: element size, timer, counts of handles
//! 256    slots: cap values
//! ```
//!
//! # Rooms
//! - [`gate`]: who may touch what: main lock, lanes, gate. [`lock`]: the lock under both.
//! - [`ring`]: the ring's two ends. [`elem`]: how a value is moved. [`patience`]: whether it is
//!   worth waiting a moment for the other end.
//! - [`waiter`]: somebody who waits, and the queues of them. [`wait`]: waiting itself.
//! - [`send`], [`recv`], [`close`]: the operations. [`promise`]: sending in two steps, for selects.
//! - [`handle`]: the counted reference to a channel, which makes and frees it.
//!
//! # What always holds, seen under the main lock
//! 1. Senders wait only if no slot is free that is not promised, receivers only if the ring is
//!    empty.
//! 2. Receivers and senders do not wait at the same time, except that one select may do both.
//! 3. Nobody waits at a closed channel.
//! 4. The sum of values in the ring and promised slots is at most the capacity.

pub(crate) mod close;
pub(crate) mod elem;
pub(crate) mod gate;
pub(crate) mod handle;
pub(crate) mod lock;
pub(crate) mod patience;
pub(crate) mod promise;
pub(crate) mod recv;
pub(crate) mod ring;
pub(crate) mod send;
pub(crate) mod typed;
pub(crate) mod wait;
pub(crate) mod waiter;

use crate::timed::Timer;
use gate::{CLOSED, Gate, TIMER};
use gompa_park::sync::atomic::AtomicUsize;
use ring::Ring;
use std::alloc::Layout;
use std::fmt;

/// A channel without its type. The slots follow it in memory.
#[repr(C)]
pub(crate) struct Core {
    pub(crate) gate: Gate,
    pub(crate) ring: Ring,
    pub(crate) seldom: Seldom,
}

/// What is read or written seldom.
#[repr(align(64))]
pub(crate) struct Seldom {
    /// Of a value.
    pub(crate) layout: Layout,
    /// Drops a value.
    pub(crate) drop: unsafe fn(*mut u8),
    /// The timer behind this channel, if it is a timer's.
    pub(crate) timer: Option<Timer>,
    /// Its place in the order in which selects lock channels, where addresses will not do.
    #[cfg(loom)]
    pub(crate) serial: usize,
    /// All handles, of whatever face; the last one frees the channel.
    pub(crate) handles: AtomicUsize,
    /// Of a channel that closes by itself: its senders and its receivers. The last of either side
    /// closes it.
    pub(crate) sides: Option<Sides>,
}

/// See [`Seldom::sides`].
pub(crate) struct Sides {
    pub(crate) senders: AtomicUsize,
    pub(crate) receivers: AtomicUsize,
}

impl Core {
    /// Its place in the order in which selects lock channels.
    #[cfg(not(loom))]
    pub(crate) fn rank(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// Likewise. Each run of a model must lock in the same order.
    #[cfg(loom)]
    pub(crate) fn rank(&self) -> usize {
        self.seldom.serial
    }

    /// Prints what the channel holds and how many wait at it.
    pub(crate) fn debug(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (senders, receivers) = {
            let _held = self.enter();
            // SAFETY: 1. held.
            unsafe { (self.gate.sendq.len(), self.gate.recvq.len()) }
        };
        f.debug_struct(name)
            .field("len", &self.len())
            .field("cap", &self.cap())
            .field("closed", &self.is_closed())
            .field("senders_waiting", &senders)
            .field("receivers_waiting", &receivers)
            .finish()
    }

    /// The number of values in the ring; 0 for a timer's channel.
    pub(crate) fn len(&self) -> usize {
        if self.is_timer() { 0 } else { self.ring.len() }
    }

    /// The capacity; 0 for a timer's channel.
    pub(crate) fn cap(&self) -> usize {
        if self.is_timer() { 0 } else { self.ring.cap() }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.gate.word() & CLOSED != 0
    }

    #[inline(always)]
    pub(crate) fn is_timer(&self) -> bool {
        self.gate.word() & TIMER != 0
    }
}

/// The memory of the channel at an address.
///
/// # Safety
/// 1. There is a channel, and nobody uses it.
pub unsafe fn memory_of(channel: usize) -> std::ops::Range<usize> {
    // SAFETY: duty 1.
    let core = unsafe { &*std::ptr::with_exposed_provenance::<Core>(channel) };
    let slots = core.ring.cap() * core.seldom.layout.size();
    channel..channel + (size_of::<Core>() + slots).next_multiple_of(align_of::<Core>())
}
