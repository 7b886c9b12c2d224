//! The allocator for programs with goroutines.
//!
//! Allocators keep caches per thread, in thread-locals. On a goroutine, whose thread-locals are its
//! own, each goroutine would get such a cache and none would ever be given back. So the inner
//! allocator always runs on the thread-locals of an OS thread: on a goroutine that means changing
//! the FS base and back, which costs far more than the allocation. Hence the cache in front, one an
//! OS thread, for small blocks: it is found through the goroutine's thread-locals and needs no
//! change.
//!
//! ```text
//!                       small                              empty or full: a batch
//!   goroutine ─────────────────────> front cache of the ──────────────────────────┐
//!       │                            carrier (`front`)                            v
//!       └──────────── other sizes ───────────── on the carrier's thread-locals ─> inner
//!   plain thread ───────────────────────────────────────────────────────────────> inner
//! ```
//!
//! A block may be freed by anybody: by a goroutine on another carrier, whose cache keeps it, or by a
//! plain thread, which gives it to the inner allocator. Therefore small sizes are rounded up to
//! their class ([`class`]) for all callers: whoever passes a block on to the inner allocator names
//! the layout it was allocated with.
//!
//! Only one allocator of a process has blocks in the caches: the one that [`installed`] has found
//! behind `#[global_allocator]`. Other values of the type work, without a cache.
//!
//! - [`class`]: size classes. [`front`]: the cache. [`installed`]: whose blocks are in it.

mod class;
mod front;
mod installed;

#[cfg(test)]
mod tests;

pub(crate) use front::Front;
pub use installed::is_installed;
pub(crate) use installed::{Global, global};

use crate::switch::{carrier, on_carrier};
use class::Class;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// A global allocator that is fast on goroutines, over another one.
///
/// ```
/// # use gompa_sched::alloc::Allocator;
/// #[global_allocator]
/// static GLOBAL: Allocator = Allocator::new();
/// ```
///
/// Wrap the allocator you prefer, `Allocator::over(MyAllocator)`. A program whose global allocator
/// is neither of these nor the system's cannot have goroutines with their own thread-locals.
#[derive(Debug)]
pub struct Allocator<A = System> {
    inner: A,
    /// Its blocks may be in the front caches. Set once, by [`installed`]; it is a static then.
    installed: AtomicBool,
}

impl Allocator {
    /// Over the system's allocator.
    pub const fn new() -> Allocator {
        Allocator::over(System)
    }
}

impl Default for Allocator {
    fn default() -> Allocator {
        Allocator::new()
    }
}

impl<A> Allocator<A> {
    /// Over `inner`.
    pub const fn over(inner: A) -> Allocator<A> {
        Allocator {
            inner,
            installed: AtomicBool::new(false),
        }
    }
}

// SAFETY: blocks come from `inner`, which keeps GlobalAlloc's promises, with at least the size and
// the alignment asked for; each goes back to `inner` with the layout it came with, because a layout
// has one class for all callers. Blocks in a front cache are in nobody else's use.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Allocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(class) = Class::of(layout) else {
            // SAFETY: the caller's duties are the inner allocator's.
            return on_carrier(|| unsafe { self.inner.alloc(layout) });
        };
        match self.front() {
            Where::Front(front) => match front.take(class) {
                Some(block) => block,
                None => self.refill(front, class),
            },
            // SAFETY: a class has a size.
            Where::Thread => unsafe { self.inner.alloc(class.layout()) },
            Where::Goroutine => self.alloc_on_carrier(class),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some(class) = Class::of(layout) else {
            // SAFETY: the caller's duties are the inner allocator's.
            return on_carrier(|| unsafe { self.inner.dealloc(block, layout) });
        };
        match self.front() {
            Where::Front(front) => {
                // SAFETY: the caller gives the block up, and it is of this class.
                if !unsafe { front.put(class, block) } {
                    self.drain(front, class, block);
                }
            }
            // SAFETY: `alloc` had it with this layout, from here or from a front cache.
            Where::Thread => unsafe { self.inner.dealloc(block, class.layout()) },
            // SAFETY: as above.
            Where::Goroutine => on_carrier(|| unsafe { self.inner.dealloc(block, class.layout()) }),
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if let (Some(class), Where::Thread) = (Class::of(layout), self.front()) {
            // SAFETY: a class has a size.
            return unsafe { self.inner.alloc_zeroed(class.layout()) };
        }
        if Class::of(layout).is_none() {
            // SAFETY: the caller's duties are the inner allocator's.
            return on_carrier(|| unsafe { self.inner.alloc_zeroed(layout) });
        }
        // SAFETY: the caller's duties are `alloc`'s.
        let block = unsafe { self.alloc(layout) };
        if !block.is_null() {
            // SAFETY: the block has this size.
            unsafe { block.write_bytes(0, layout.size()) };
        }
        block
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller answers for the new size with the old alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        match (Class::of(layout), Class::of(new_layout)) {
            (Some(old), Some(new)) if old == new => block,
            // SAFETY: both layouts are the inner allocator's own.
            (None, None) => on_carrier(|| unsafe { self.inner.realloc(block, layout, new_size) }),
            _ => {
                // SAFETY: the caller's duties: the block is of `layout`, the new size is not zero.
                // The two blocks are distinct and have the sizes copied.
                unsafe {
                    let new_block = self.alloc(new_layout);
                    if !new_block.is_null() {
                        let bytes = layout.size().min(new_size);
                        new_block.copy_from_nonoverlapping(block, bytes);
                        self.dealloc(block, layout);
                    }
                    new_block
                }
            }
        }
    }
}

/// Where the code runs that wants a small block.
enum Where<'a> {
    /// On an OS thread's own thread-locals.
    Thread,
    /// On a goroutine, whose carrier keeps blocks of this allocator.
    Front(&'a Front),
    /// On a goroutine, by an allocator that is not the program's global one.
    Goroutine,
}

impl<A: GlobalAlloc> Allocator<A> {
    #[inline]
    fn front(&self) -> Where<'_> {
        // SAFETY: a carrier lives while its goroutine runs there, and that one does not leave
        // before this call ends.
        match unsafe { carrier::current().as_ref() } {
            None => Where::Thread,
            Some(carrier) if self.installed.load(Relaxed) => Where::Front(carrier.front()),
            Some(_) => Where::Goroutine,
        }
    }

    /// A block of a class whose list is empty; it gets a batch more.
    #[cold]
    #[inline(never)]
    fn refill(&self, front: &Front, class: Class) -> *mut u8 {
        on_carrier(|| {
            // SAFETY: a class has a size.
            let allocate = || unsafe { self.inner.alloc(class.layout()) };
            let block = allocate();
            for _ in 1..class.batch() {
                let spare = allocate();
                // SAFETY: a fresh block of this class.
                if spare.is_null() || !unsafe { front.put(class, spare) } {
                    break;
                }
            }
            block
        })
    }

    /// Gives back a batch of a class whose list is full, and `block` with it.
    #[cold]
    #[inline(never)]
    fn drain(&self, front: &Front, class: Class, block: *mut u8) {
        on_carrier(|| {
            let batch = std::iter::from_fn(|| front.take(class)).take(class.batch());
            for block in batch.chain([block]) {
                // SAFETY: blocks in the front cache are of this allocator and of this class, as is
                // the one being freed.
                unsafe { self.inner.dealloc(block, class.layout()) };
            }
        });
    }

    #[cold]
    #[inline(never)]
    fn alloc_on_carrier(&self, class: Class) -> *mut u8 {
        installed::note(self);
        // SAFETY: a class has a size.
        on_carrier(|| unsafe { self.inner.alloc(class.layout()) })
    }
}
