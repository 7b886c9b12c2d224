//! The ring of a channel: two ends, each for one user at a time.
//!
//! ```text
//!   recv.pos = 5 values taken        send.pos = 8 values put        cap = 4
//!
//!   slots  [ 9th? ][ 6th ][ 7th ][ 8th ]
//!              ^      ^
//!       send.index  recv.index              len = send.pos - recv.pos = 3
//! ```
//!
//! Each end has its own cache line: its position, its index, and what it last saw of the other end,
//! so that it looks across only when the ring seems full (or empty). Pushing needs the send end to
//! oneself, popping the receive end; both may happen at once, since a slot is either between the
//! ends or not. Who has an end to himself is the matter of [`gate`](super::gate).

use super::elem::Elem;
use super::lock::ShortLock;
use super::patience::Patience;
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::cell::Cell;

/// One end, on a line of its own.
#[repr(align(64))]
pub(crate) struct End {
    /// The lane's lock: see [`gate`](super::gate).
    pub(super) lock: ShortLock,
    /// How many values have ever passed this end. Written by whoever has the end, read by all.
    pos: AtomicU64,
    /// The other end's `pos` as last seen from here; never ahead of it.
    seen: Cell<u64>,
    /// The slot of the next value: `pos` modulo the capacity.
    index: Cell<usize>,
    /// Number of slots; for ever the same, and the same at both ends.
    cap: usize,
    /// The first slot; for ever the same.
    slots: *mut u8,
    /// How waiting a moment for the other end has gone.
    pub(super) patience: Patience,
}

impl End {
    fn new(cap: usize, slots: *mut u8) -> End {
        End {
            lock: ShortLock::new(),
            pos: AtomicU64::new(0),
            seen: Cell::new(0),
            index: Cell::new(0),
            cap,
            slots,
            patience: Patience::default(),
        }
    }

    /// The address of the next slot; the index moves on.
    #[inline(always)]
    fn advance(&self, size: usize) -> *mut u8 {
        let index = self.index.get();
        self.index
            .set(if index + 1 == self.cap { 0 } else { index + 1 });
        // In bounds: index < cap, and the allocation has cap slots of this size.
        self.slots.wrapping_add(index * size)
    }
}

/// The two ends and the slots between them.
pub(crate) struct Ring {
    pub(super) send: End,
    pub(super) recv: End,
}

impl Ring {
    /// An empty ring over `cap` slots at `slots`.
    pub(crate) fn new(cap: usize, slots: *mut u8) -> Ring {
        Ring {
            send: End::new(cap, slots),
            recv: End::new(cap, slots),
        }
    }

    /// The number of slots.
    #[inline(always)]
    pub(crate) fn cap(&self) -> usize {
        self.send.cap
    }

    /// How many values have ever passed either end: the low half of that number.
    #[inline(always)]
    pub(crate) fn passed(&self) -> u32 {
        (self.send.pos.load(Relaxed) as u32).wrapping_add(self.recv.pos.load(Relaxed) as u32)
    }

    /// The number of values between the ends: exact for whoever has both, else true at some moment
    /// during the call.
    pub(crate) fn len(&self) -> usize {
        let mut taken = self.recv.pos.load(Acquire);
        loop {
            let put = self.send.pos.load(Acquire);
            let again = self.recv.pos.load(Acquire);
            if again == taken {
                return (put - taken) as usize;
            }
            taken = again;
        }
    }

    /// Whether no value was between the ends when the send end was looked at.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        // In this order: what was taken by then cannot become less, so equality means empty.
        let taken = self.recv.pos.load(Acquire);
        self.send.pos.load(Acquire) == taken
    }

    /// Whether all slots were in use when the receive end was looked at.
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        // In this order, for the same reason.
        let put = self.send.pos.load(Acquire);
        let taken = self.recv.pos.load(Acquire);
        // Negative if values were put and taken between the two looks.
        put.wrapping_sub(taken).cast_signed() >= self.cap() as i64
    }

    /// Whether a slot is free besides `promised` ones, seen from the send end.
    ///
    /// # Safety
    /// 1. The caller has the send end to itself.
    #[inline(always)]
    pub(crate) unsafe fn has_room(&self, promised: usize) -> bool {
        let end = &self.send;
        let put = end.pos.load(Relaxed);
        if (put - end.seen.get()) as usize + promised < end.cap {
            return true;
        }
        end.seen.set(self.recv.pos.load(Acquire));
        ((put - end.seen.get()) as usize) + promised < end.cap
    }

    /// Moves the value at `value` into a free slot; false if there is none besides `promised` ones.
    ///
    /// # Safety
    /// 1. The caller has the send end to itself.
    /// 2. `value` is a value of this ring's element type; it is moved from if this returns true.
    #[inline(always)]
    pub(crate) unsafe fn push<E: Elem>(&self, elem: E, value: *const u8, promised: usize) -> bool {
        // SAFETY: duty 1.
        if !unsafe { self.has_room(promised) } {
            return false;
        }
        let slot = self.send.advance(elem.size());
        // SAFETY: 1. both are places of the element type (duty 2). 2. the slot is free, so neither
        // the receive end nor, by duty 1, anybody else uses it.
        unsafe { elem.copy(value, slot) };
        let put = self.send.pos.load(Relaxed);
        self.send.pos.store(put + 1, Release);
        true
    }

    /// Moves the oldest value to `slot`; false if there is none.
    ///
    /// # Safety
    /// 1. The caller has the receive end to itself.
    /// 2. `to` is a place for this ring's element type; it holds a value if this returns true.
    #[inline(always)]
    pub(crate) unsafe fn pop<E: Elem>(&self, elem: E, to: *mut u8) -> bool {
        let end = &self.recv;
        let taken = end.pos.load(Relaxed);
        if end.seen.get() == taken {
            end.seen.set(self.send.pos.load(Acquire));
            if end.seen.get() == taken {
                return false;
            }
        }
        let slot = end.advance(elem.size());
        // SAFETY: 1. both are places of the element type (duty 2). 2. the slot holds a value, so
        // neither the send end nor, by duty 1, anybody else uses it.
        unsafe { elem.copy(slot, to) };
        end.pos.store(taken + 1, Release);
        true
    }
}
