//! A chain: as many free blocks of a class as change hands at once, linked through themselves.
//!
//! ```text
//!   head
//!  ┌───────┬───────┬──     ┌───────┬──────────     ┌───────┬──────────
//!  │ next ─┼─ link │   ... │ next ─┼──────────> ...│ null  │
//!  └───────┴───────┴──     └───────┴──────────     └───────┴──────────
//! ```
//! The second word of the first block is for whoever keeps several chains.

use super::class::Class;
use std::ptr::NonNull;

/// The words at the start of a free block. The smallest block has room for both.
#[repr(C)]
struct Free {
    /// The next block of the chain, or null.
    next: *mut u8,
    /// In the first block of a chain: what [`Chain::link`] was told.
    link: Option<Chain>,
}

const _: () = assert!(size_of::<Free>() <= Class::SMALLEST);

/// [`Class::chain`] free blocks of one class, of the installed allocator, owned.
#[derive(Debug)]
#[repr(transparent)]
pub(super) struct Chain(NonNull<u8>);

// SAFETY: blocks may be used and freed on any thread.
unsafe impl Send for Chain {}

impl Chain {
    /// # Safety
    /// 1. `head` begins a list of [`Class::chain`] free blocks of a class, linked by
    ///    [`set_next`], and the caller gives them up.
    /// 2. They are of the installed allocator.
    #[inline]
    pub(super) unsafe fn new(head: NonNull<u8>) -> Chain {
        Chain(head)
    }

    /// The first block, which leads to the others by [`next`]; they are the caller's now.
    #[inline]
    pub(super) fn into_head(self) -> *mut u8 {
        self.0.as_ptr()
    }

    /// Remembers another chain in this one.
    #[inline]
    pub(super) fn link(&mut self, other: Option<Chain>) {
        // SAFETY: the first block is ours, free, and has room for both words.
        unsafe { (&raw mut (*self.0.cast::<Free>().as_ptr()).link).write(other) };
    }

    /// The chain remembered.
    ///
    /// # Safety
    /// 1. [`link`](Self::link) has been called since the chain was made or this was called.
    #[inline]
    pub(super) unsafe fn unlink(&mut self) -> Option<Chain> {
        // SAFETY: (1) it was written; read once, so that the chain has one owner.
        unsafe { (&raw const (*self.0.cast::<Free>().as_ptr()).link).read() }
    }
}

/// The block after `block` in a list.
///
/// # Safety
/// 1. `block` is free, the caller's, and [`set_next`] was called on it.
#[inline]
pub(super) unsafe fn next(block: *mut u8) -> *mut u8 {
    // SAFETY: (1).
    unsafe { (*block.cast::<Free>()).next }
}

/// Puts `block` in front of `next`.
///
/// # Safety
/// 1. `block` is free, the caller's, and of some class.
#[inline]
pub(super) unsafe fn set_next(block: *mut u8, next: *mut u8) {
    // SAFETY: (1) it has room for the word, and a class's alignment.
    unsafe { (&raw mut (*block.cast::<Free>()).next).write(next) };
}
