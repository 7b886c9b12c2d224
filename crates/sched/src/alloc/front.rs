//! The cache of free small blocks that a carrier keeps for the goroutines it runs.
//!
//! One list a class, linked through the blocks' first words. Whoever runs on the carrier uses it,
//! goroutine or the carrier itself, one at a time: nobody is interrupted within a call, and a
//! goroutine changes carriers at calls of the scheduler only.

use super::class::{CLASSES, Class};
use super::installed::Installed;
use std::cell::Cell;
use std::ptr::null_mut;

/// The free blocks of one class.
#[derive(Debug)]
struct List {
    /// The first; its first word is the next one.
    head: Cell<*mut u8>,
    /// How many more it may keep.
    room: Cell<u32>,
}

/// A carrier's cache.
#[derive(Debug)]
pub(crate) struct Front {
    lists: [List; CLASSES],
    /// The last allocator asked here that was not the installed one: how [`super::installed`]
    /// finds out who is.
    pub(super) asked: Cell<Option<Installed>>,
}

impl Front {
    /// An empty one.
    pub(crate) fn new() -> Front {
        Front {
            lists: std::array::from_fn(|index| List {
                head: Cell::new(null_mut()),
                room: Cell::new(Class::limit(index)),
            }),
            asked: Cell::new(None),
        }
    }

    /// A free block of the class.
    #[inline]
    pub(super) fn take(&self, class: Class) -> Option<*mut u8> {
        let list = &self.lists[class.index()];
        let block = list.head.get();
        if block.is_null() {
            return None;
        }
        // SAFETY: `put` wrote the next one into this block.
        list.head.set(unsafe { *block.cast::<*mut u8>() });
        list.room.set(list.room.get() + 1);
        Some(block)
    }

    /// Keeps a free block of the class; false: the list is full.
    ///
    /// # Safety
    /// 1. The block is of this class and of the installed allocator, and the caller gives it up if
    ///    this returns true.
    #[inline]
    pub(super) unsafe fn put(&self, class: Class, block: *mut u8) -> bool {
        let list = &self.lists[class.index()];
        let Some(room) = list.room.get().checked_sub(1) else {
            return false;
        };
        // SAFETY: (1) the block is ours and has room for a word, aligned.
        unsafe { block.cast::<*mut u8>().write(list.head.get()) };
        list.head.set(block);
        list.room.set(room);
        true
    }

    /// Gives all blocks back to the allocator they are of.
    pub(crate) fn flush(&self) {
        let Some(installed) = super::installed::get() else {
            return; // nobody has put one here
        };
        for class in Class::all() {
            while let Some(block) = self.take(class) {
                // SAFETY: blocks here are of the installed allocator and of this class.
                unsafe { installed.release(block, class.layout()) };
            }
        }
    }
}
