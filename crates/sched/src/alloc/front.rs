//! The cache of free small blocks that a carrier keeps for the goroutines it runs.
//!
//! Two chains a class: blocks come from the active one and go there. When it is empty the spare one
//! takes its place; when it is full it becomes the spare one. So whole chains arrive and leave
//! ([`super::depot`]), and a program that goes to and fro at the edge of one does not send it to and
//! fro.
//!
//! Whoever runs on the carrier uses the cache, goroutine or the carrier itself, one at a time: nobody
//! is interrupted within a call, and a goroutine changes carriers at calls of the scheduler only.

use super::chain::{self, Chain};
use super::class::{CLASSES, Class};
use super::depot::Depot;
use super::installed::Installed;
use std::cell::Cell;
use std::fmt;
use std::ptr::{NonNull, null_mut};

/// The free blocks of one class.
struct List {
    /// The active chain's first block; see [`chain`].
    head: Cell<*mut u8>,
    /// How many more the active chain may hold: none of a whole one.
    room: Cell<u32>,
    /// A whole chain, if there is one.
    spare: Cell<Option<Chain>>,
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("head", &self.head)
            .field("room", &self.room)
            .finish_non_exhaustive()
    }
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
        let mut classes = Class::all();
        Front {
            lists: std::array::from_fn(|_| List {
                head: Cell::new(null_mut()),
                room: Cell::new(classes.next().expect("one a list").chain()),
                spare: Cell::new(None),
            }),
            asked: Cell::new(None),
        }
    }

    #[inline]
    fn list(&self, class: Class) -> &List {
        &self.lists[class.index()]
    }

    /// A free block of the class, from the active chain.
    #[inline]
    pub(super) fn take(&self, class: Class) -> Option<*mut u8> {
        let list = self.list(class);
        let block = list.head.get();
        if block.is_null() {
            return None;
        }
        // SAFETY: `put`, or who made the chain, has linked this block.
        list.head.set(unsafe { chain::next(block) });
        list.room.set(list.room.get() + 1);
        Some(block)
    }

    /// Keeps a free block of the class in the active chain; false: it is whole.
    ///
    /// # Safety
    /// 1. The block is of this class and of the installed allocator, and the caller gives it up if
    ///    this returns true.
    #[inline]
    pub(super) unsafe fn put(&self, class: Class, block: *mut u8) -> bool {
        let list = self.list(class);
        let Some(room) = list.room.get().checked_sub(1) else {
            return false;
        };
        // SAFETY: (1) the block is ours.
        unsafe { chain::set_next(block, list.head.get()) };
        list.head.set(block);
        list.room.set(room);
        true
    }

    /// Makes another chain of the class the active one, which must be empty: the spare one, or one
    /// of the depot. False: there is none.
    pub(super) fn restock(&self, class: Class, depot: &Depot) -> bool {
        let list = self.list(class);
        debug_assert!(list.head.get().is_null());
        let Some(chain) = list.spare.take().or_else(|| depot.take(class)) else {
            return false;
        };
        list.head.set(chain.into_head());
        list.room.set(0);
        true
    }

    /// Puts the active chain of the class aside, which must be whole; returns the one that has no
    /// place here then.
    pub(super) fn set_aside(&self, class: Class) -> Option<Chain> {
        let whole = self.take_whole(class);
        debug_assert!(whole.is_some());
        self.list(class).spare.replace(whole)
    }

    /// Takes the active chain of the class out if it is whole.
    fn take_whole(&self, class: Class) -> Option<Chain> {
        let list = self.list(class);
        if list.room.get() > 0 {
            return None;
        }
        let head = NonNull::new(list.head.replace(null_mut()))?;
        list.room.set(class.chain());
        // SAFETY: without room it holds as many blocks as a chain has, of this class, linked by
        // `put` or as a chain that arrived; `put`'s duty: they are of the installed allocator.
        Some(unsafe { Chain::new(head) })
    }

    /// Gives all blocks away: whole chains to the depot, others to the allocator they are of.
    pub(crate) fn flush(&self) {
        let Some(installed) = super::installed::get() else {
            return; // nobody has put one here
        };
        for class in Class::all() {
            let spare = self.list(class).spare.take();
            for chain in self.take_whole(class).into_iter().chain(spare) {
                super::give(installed, class, chain);
            }
            while let Some(block) = self.take(class) {
                // SAFETY: blocks here are of the installed allocator and of this class.
                unsafe { installed.release(block, class.layout()) };
            }
        }
    }
}
