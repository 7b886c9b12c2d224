//! One entry of a heap: when, and what. 16 bytes, so that the four children of a heap node fill
//! one cache line.
//!
//! ```text
//!   when: u64
//!   word: u64   63          45 44                          1   0
//!              | tag, 19 bits |  address / 16, 44 bits      | kind |
//! ```
//! kind 0: a goroutine's wait, the address of its `WaitTimer`; the tag is the low bits of the
//! wait's sequence number. kind 1: a timer, the address of its `Inner`, of which the entry owns one
//! reference; the tag is the low bits of the entry's generation.
//!
//! A tag may come round again. It only says which entries are certainly out of date: whoever acts
//! on an entry compares with the owner's present deadline too, so a false match fires nothing early.

use super::inner::Inner;
use super::prefetch::prefetch;
use super::wait::WaitTimer;
use crate::time::{NEVER, Nanos};
use std::ptr::NonNull;

/// The latest time an entry can have: [`NEVER`] marks an empty slot.
pub(super) const LATEST: Nanos = NEVER - 1;

/// Bits of a user-space address, as of now on x86-64 and aarch64 unless a program asks for more.
const ADDRESS_BITS: u32 = 48;
/// Owners are aligned to this.
const ALIGN: usize = 16;
const KIND_TIMER: u64 = 1;
const TAG_SHIFT: u32 = ADDRESS_BITS - ALIGN.trailing_zeros() + 1;
const TAG_MASK: u32 = (1 << (u64::BITS - TAG_SHIFT)) - 1;

const _: () = assert!(align_of::<WaitTimer>() >= ALIGN && align_of::<Inner>() >= ALIGN);
const _: () = assert!(size_of::<Entry>() == 16);

/// See the [module](self).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Entry {
    /// What the heap is sorted by; never later than what the owner wants.
    pub(super) when: Nanos,
    word: u64,
}

/// Who an entry is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Wait(NonNull<WaitTimer>),
    Timer(NonNull<Inner>),
}

impl Entry {
    /// An empty slot: later than every entry.
    pub(super) const EMPTY: Entry = Entry {
        when: NEVER,
        word: 0,
    };

    pub(super) fn wait(when: Nanos, target: NonNull<WaitTimer>, seq: u32) -> Entry {
        Entry::new(when, target.expose_provenance().get(), seq, 0)
    }

    pub(super) fn timer(when: Nanos, inner: NonNull<Inner>, generation: u32) -> Entry {
        let address = inner.expose_provenance().get();
        Entry::new(when, address, generation, KIND_TIMER)
    }

    fn new(when: Nanos, address: usize, tag: u32, kind: u64) -> Entry {
        // Not a debug assertion: a wrong address would be dereferenced.
        assert!(
            address >> ADDRESS_BITS == 0,
            "an address past 48 bits cannot be a timer's"
        );
        Entry {
            when: when.min(LATEST),
            word: u64::from(tag & TAG_MASK) << TAG_SHIFT
                | (address as u64 / ALIGN as u64) << 1
                | kind,
        }
    }

    #[inline]
    pub(super) fn owner(self) -> Owner {
        let address =
            (self.word << (u64::BITS - TAG_SHIFT) >> (u64::BITS - TAG_SHIFT) >> 1) as usize * ALIGN;
        if self.word & KIND_TIMER == 0 {
            Owner::Wait(nonnull(address))
        } else {
            Owner::Timer(nonnull(address))
        }
    }

    /// Begins to fetch the owner from memory.
    #[inline]
    pub(super) fn prefetch(self) {
        match self.owner() {
            Owner::Wait(p) => prefetch(p.as_ptr()),
            Owner::Timer(p) => prefetch(p.as_ptr()),
        }
    }

    /// Whether the entry's tag is that of `number`. False is certain; true is true but for a number
    /// that came round.
    #[inline]
    pub(super) fn may_be(self, number: u32) -> bool {
        (self.word >> TAG_SHIFT) as u32 == number & TAG_MASK
    }
}

/// The address was a reference's when it went in; only [`Entry::EMPTY`] has none, and nobody asks
/// an empty slot for its owner.
#[inline]
fn nonnull<T>(address: usize) -> NonNull<T> {
    NonNull::new(std::ptr::with_exposed_provenance_mut(address))
        .expect("an empty slot has no owner")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(entry: Entry) -> (usize, bool) {
        match entry.owner() {
            Owner::Wait(p) => (p.addr().get(), false),
            Owner::Timer(p) => (p.addr().get(), true),
        }
    }

    #[test]
    fn packs_the_extremes() {
        for addr in [0x10, 0x7fff_ffff_fff0, 0xffff_ffff_fff0_usize] {
            for tag in [0, 1, TAG_MASK, TAG_MASK + 1, u32::MAX] {
                for (kind, timer) in [(0, false), (KIND_TIMER, true)] {
                    let e = Entry::new(7, addr, tag, kind);
                    assert_eq!(address(e), (addr, timer));
                    assert!(e.may_be(tag));
                    assert!(!e.may_be(tag.wrapping_add(1)));
                }
            }
        }
    }

    #[test]
    fn never_is_for_empty_slots() {
        assert_eq!(Entry::new(NEVER, 16, 0, 0).when, LATEST);
        const { assert!(Entry::EMPTY.when > LATEST) }
    }

    #[test]
    #[should_panic(expected = "past 48 bits")]
    fn refuses_addresses_that_do_not_fit() {
        Entry::new(0, 1 << 48, 0, 0);
    }
}
