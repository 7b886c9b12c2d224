//! Size classes: small layouts, rounded up.
//!
//! Sizes from 1 to 1024 with an alignment of at most 16, in steps of 16. All others have no class.

use std::alloc::Layout;

/// Sizes are rounded up to a multiple of this, which is also every small block's alignment.
const STEP: usize = 16;

/// How many there are.
pub(super) const CLASSES: usize = 64;

/// Bytes of a chain, and how many blocks at least and at most.
const CHAIN_BYTES: usize = 8 << 10;
const CHAIN_BLOCKS: std::ops::RangeInclusive<usize> = 8..=64;

/// A class: blocks of `16 * (index + 1)` bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Class(usize);

impl Class {
    /// The class of a layout; `None`: it is not small (or has no size at all).
    #[inline]
    pub(super) fn of(layout: Layout) -> Option<Class> {
        let index = layout.size().wrapping_sub(1) / STEP;
        (index < CLASSES && layout.align() <= STEP).then_some(Class(index))
    }

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Class> {
        (0..CLASSES).map(Class)
    }

    /// Its place in a table of [`CLASSES`].
    #[inline]
    pub(super) fn index(self) -> usize {
        self.0
    }

    /// The layout its blocks really have.
    #[inline]
    pub(super) fn layout(self) -> Layout {
        let size = (self.0 + 1) * STEP;
        // SAFETY: the alignment is a power of two; the size is a multiple of it and small.
        unsafe { Layout::from_size_align_unchecked(size, STEP) }
    }

    /// The size of the smallest block.
    pub(super) const SMALLEST: usize = STEP;

    /// How many blocks make a chain: so many move at once between front cache, depot and inner
    /// allocator.
    #[inline]
    pub(super) const fn chain(self) -> u32 {
        let blocks = CHAIN_BYTES / ((self.0 + 1) * STEP);
        let (least, most) = (*CHAIN_BLOCKS.start(), *CHAIN_BLOCKS.end());
        (if blocks < least {
            least
        } else if blocks > most {
            most
        } else {
            blocks
        }) as u32
    }

    /// How many bytes that is.
    #[inline]
    pub(super) fn chain_bytes(self) -> usize {
        self.chain() as usize * self.layout().size()
    }
}
