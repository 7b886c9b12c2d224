//! The type-stable memory goroutines live in: blocks of [`G`]s, never freed while the runtime
//! lives.
//!
//! A P keeps a free list of its own and trades with the common one in batches, so that making a
//! goroutine touches nothing shared.

use super::G;
use crate::runtime::Sched;
use gompa_park::lock::real::Lock;
use std::cell::Cell;
use std::ops::ControlFlow;
use std::ptr::{NonNull, null_mut};

/// Gs made at a time.
const BLOCK: usize = 128;
/// A P's list gives [`BATCH`] back when it is this long.
const LOCAL_MAX: usize = 64;
/// Gs that change hands at a time.
const BATCH: usize = 32;

/// A P's free Gs, last in, first out. The pointers are kept here, not in the Gs, so that taking one
/// touches nothing but itself. The holder's.
pub(crate) struct FreeList {
    items: [Cell<*mut G>; LOCAL_MAX],
    len: Cell<usize>,
}

impl FreeList {
    pub(crate) const fn new() -> Self {
        FreeList {
            items: [const { Cell::new(null_mut()) }; LOCAL_MAX],
            len: Cell::new(0),
        }
    }

    /// The caller has made sure that there is room.
    #[inline]
    fn push(&self, g: NonNull<G>) {
        let len = self.len.get();
        self.items[len].set(g.as_ptr());
        self.len.set(len + 1);
    }

    #[inline]
    fn pop(&self) -> Option<NonNull<G>> {
        let len = self.len.get().checked_sub(1)?;
        self.len.set(len);
        NonNull::new(self.items[len].get())
    }
}

/// All Gs of a runtime.
pub(crate) struct Slab {
    common: Lock<Common>,
}

struct Common {
    free: Vec<NonNull<G>>,
    blocks: Vec<Box<[G]>>,
}

// SAFETY: the pointers are to memory of the slab's own.
unsafe impl Send for Common {}

impl Slab {
    pub(crate) const fn new() -> Self {
        Slab {
            common: Lock::new(Common {
                free: Vec::new(),
                blocks: Vec::new(),
            }),
        }
    }

    /// A free G, from `local` if the caller owns a P.
    #[inline]
    pub(crate) fn take(&self, local: Option<&FreeList>, rt: NonNull<Sched>) -> NonNull<G> {
        if let Some(g) = local.and_then(FreeList::pop) {
            return g;
        }
        self.refill(local, rt)
    }

    #[cold]
    fn refill(&self, local: Option<&FreeList>, rt: NonNull<Sched>) -> NonNull<G> {
        let mut common = self.common.lock();
        let g = common.pop(rt);
        if let Some(local) = local {
            for _ in 1..BATCH {
                local.push(common.pop(rt));
            }
        }
        g
    }

    /// Gives a dead G back.
    #[inline]
    pub(crate) fn give(&self, local: Option<&FreeList>, g: NonNull<G>) {
        match local {
            Some(local) => {
                if local.len.get() == LOCAL_MAX {
                    self.spill(local, BATCH);
                }
                local.push(g);
            }
            None => self.common.lock().free.push(g),
        }
    }

    /// Moves all but `keep` of `local` to the common list.
    #[cold]
    pub(crate) fn spill(&self, local: &FreeList, keep: usize) {
        let mut common = self.common.lock();
        while local.len.get() > keep
            && let Some(g) = local.pop()
        {
            common.free.push(g);
        }
    }

    /// Calls `f` with every G there is, dead or alive, without stopping any.
    pub(crate) fn for_each(&self, mut f: impl FnMut(&G)) {
        let _ = self.try_for_each(|g| {
            f(g);
            ControlFlow::Continue(())
        });
    }

    /// As [`for_each`](Self::for_each), until `f` breaks.
    pub(crate) fn try_for_each(&self, mut f: impl FnMut(&G) -> ControlFlow<()>) -> ControlFlow<()> {
        // The blocks never go away, so the lock is held only to read where they are.
        let blocks: Vec<(NonNull<G>, usize)> = {
            let common = self.common.lock();
            common
                .blocks
                .iter()
                .map(|b| (NonNull::from(&b[0]), b.len()))
                .collect()
        };
        for (first, len) in blocks {
            // SAFETY: a block lives as long as the slab, which the caller borrows.
            unsafe { std::slice::from_raw_parts(first.as_ptr(), len) }
                .iter()
                .try_for_each(&mut f)?;
        }
        ControlFlow::Continue(())
    }
}

impl Common {
    fn pop(&mut self, rt: NonNull<Sched>) -> NonNull<G> {
        if let Some(g) = self.free.pop() {
            return g;
        }
        let block: Box<[G]> = (0..BLOCK).map(|_| G::new(rt)).collect();
        self.free.extend(block.iter().rev().map(NonNull::from));
        self.blocks.push(block);
        self.free.pop().expect("a block was just added")
    }
}
