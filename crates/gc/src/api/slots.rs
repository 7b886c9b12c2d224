//! The slots of a scope: some in the scope itself, then chunks, each twice as long.
//!
//! ```text
//!   inline [ 16 ] <- chunk [ 64 ] <- chunk [ 128 ] <- ...        the newest is filled up to `at`
//! ```
//! Only the scope's mutator writes here, in operations; the collector reads while it has claimed the
//! mutator's scan.

use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null, null_mut};

/// Slots that cost nothing to have.
const INLINE: usize = 16;
/// Of the first chunk, and at most.
const FIRST: usize = 64;
const MOST: usize = 64 << 10;

type Slot = UnsafeCell<MaybeUninit<usize>>;

/// See the [module](self). `next` and `previous` link the scopes of one mutator.
pub(crate) struct Slots {
    /// The next free slot.
    at: Cell<*mut usize>,
    /// The end of the slots there are.
    end: Cell<*mut usize>,
    chunk: Cell<*mut Chunk>,
    pub(crate) next: Cell<*const Slots>,
    pub(crate) previous: Cell<*const Slots>,
    inline: [Slot; INLINE],
}

struct Chunk {
    older: *mut Chunk,
    slots: Box<[Slot]>,
}

impl Slots {
    /// No slot taken. [`settle`](Self::settle) comes before the first.
    #[inline]
    pub(crate) fn new() -> Slots {
        Slots {
            at: Cell::new(null_mut()),
            end: Cell::new(null_mut()),
            chunk: Cell::new(null_mut()),
            next: Cell::new(null()),
            previous: Cell::new(null()),
            inline: [const { UnsafeCell::new(MaybeUninit::uninit()) }; INLINE],
        }
    }

    /// They will not move any more.
    #[inline]
    pub(crate) fn settle(&self) {
        let first = self.inline.as_ptr().cast::<usize>().cast_mut();
        self.at.set(first);
        // SAFETY: one past the last.
        self.end.set(unsafe { first.add(INLINE) });
    }

    /// Takes a slot for `object`; stays where it is until the scope ends.
    #[inline(always)]
    pub(crate) fn push(&self, object: usize) -> NonNull<usize> {
        let mut at = self.at.get();
        if at == self.end.get() {
            at = self.grow();
        }
        // SAFETY: below the end: a slot of ours, which nobody reads while we are in an operation.
        unsafe { at.write(object) };
        // SAFETY: at most one past the last.
        self.at.set(unsafe { at.add(1) });
        // SAFETY: a slot is not at 0.
        unsafe { NonNull::new_unchecked(at) }
    }

    #[cold]
    #[inline(never)]
    fn grow(&self) -> *mut usize {
        let older = self.chunk.get();
        // SAFETY: null or a chunk of ours.
        let len = unsafe { older.as_ref() }.map_or(FIRST, |c| (c.slots.len() * 2).min(MOST));
        let slots: Box<[Slot]> = (0..len)
            .map(|_| UnsafeCell::new(MaybeUninit::uninit()))
            .collect();
        let chunk = Box::into_raw(Box::new(Chunk { older, slots }));
        // SAFETY: just made.
        let first = unsafe { (&raw const *(*chunk).slots).cast::<usize>().cast_mut() };
        self.chunk.set(chunk);
        // SAFETY: one past the last.
        self.end.set(unsafe { first.add(len) });
        first
    }

    /// Calls `f` with what every taken slot holds; 0 in those that hold nothing now.
    ///
    /// # Safety
    /// 1. The mutator does nothing with the scope meanwhile.
    pub(crate) unsafe fn each(&self, f: &mut impl FnMut(usize)) {
        let at = self.at.get().cast_const();
        let mut visit = |slots: &[Slot], newest: bool| {
            for slot in slots {
                let p = slot.get().cast::<usize>().cast_const();
                if newest && p == at {
                    return;
                }
                // SAFETY: taken, hence written; (1).
                let object = unsafe { p.read() };
                if object != 0 {
                    f(object);
                }
            }
        };
        let mut chunk = self.chunk.get();
        visit(&self.inline, chunk.is_null());
        let mut newest = true;
        // SAFETY: null or a chunk of ours.
        while let Some(c) = unsafe { chunk.as_ref() } {
            visit(&c.slots, newest);
            newest = false;
            chunk = c.older;
        }
    }
}

impl Drop for Slots {
    #[inline]
    fn drop(&mut self) {
        let chunk = self.chunk.get();
        if !chunk.is_null() {
            free(chunk);
        }
    }
}

/// Frees a scope's chunks, once.
#[cold]
fn free(mut chunk: *mut Chunk) {
    while !chunk.is_null() {
        // SAFETY: made by `grow`, and freed once.
        chunk = unsafe { Box::from_raw(chunk) }.older;
    }
}
