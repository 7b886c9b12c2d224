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
//!                small                       a chain of blocks            empty or full
//!   goroutine ────────────> front cache of ─────────────────────> depot ──────────────────┐
//!       │                   the carrier      when empty or full   of the process          v
//!       └─────────── other sizes ─────────── on the carrier's thread-locals ───────────> inner
//!   plain thread ──────────────────────────────────────────────────────────────────────> inner
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
//! What is kept: a carrier at most two chains a class, 16 KiB, until its thread ends; the depot at most
//! 32 MiB, and what it did not need for a second or two goes back to the inner allocator.
//!
//! - [`class`]: size classes. [`front`]: the cache. [`depot`]: chains on their way from one cache to
//!   another, under a [`try_lock`]. [`chain`]: what changes hands. [`installed`]: whose blocks these
//!   are.

mod chain;
mod class;
mod depot;
mod front;
mod installed;
mod try_lock;

#[cfg(test)]
mod tests;

pub(crate) use front::Front;
pub use installed::is_installed;
pub(crate) use installed::{Global, global};

use crate::switch::{carrier, on_carrier};
use chain::Chain;
use class::Class;
use depot::DEPOT;
use gompa_park::time::Nanos;
use installed::Installed;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

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

    /// A block of a class whose active chain is empty.
    #[cold]
    #[inline(never)]
    fn refill(&self, front: &Front, class: Class) -> *mut u8 {
        if front.restock(class, &DEPOT)
            && let Some(block) = front.take(class)
        {
            return block;
        }
        on_carrier(|| {
            // SAFETY: a class has a size.
            let allocate = || unsafe { self.inner.alloc(class.layout()) };
            let block = allocate();
            for _ in 1..class.chain() {
                let spare = allocate();
                // SAFETY: a fresh block of this class.
                if spare.is_null() || !unsafe { front.put(class, spare) } {
                    break;
                }
            }
            block
        })
    }

    /// Frees a block of a class whose active chain is whole.
    #[cold]
    #[inline(never)]
    fn drain(&self, front: &Front, class: Class, block: *mut u8) {
        let surplus = front.set_aside(class);
        // SAFETY: the caller gives the block up, and it is of this class.
        let kept = unsafe { front.put(class, block) };
        debug_assert!(kept, "the active chain is empty now");
        if let (Some(chain), Some(installed)) = (surplus, installed::get()) {
            give(installed, class, chain);
        }
    }

    #[cold]
    #[inline(never)]
    fn alloc_on_carrier(&self, class: Class) -> *mut u8 {
        installed::note(self);
        // SAFETY: a class has a size.
        on_carrier(|| unsafe { self.inner.alloc(class.layout()) })
    }
}

/// Gives a chain to the depot, or its blocks to the inner allocator if the depot has enough.
fn give(installed: &Installed, class: Class, chain: Chain) {
    if let Err(chain) = DEPOT.give(class, chain) {
        on_carrier(|| release(installed, class, chain));
    }
}

/// Gives the blocks of a chain of the class back to the inner allocator, on an OS thread's own
/// thread-locals.
fn release(installed: &Installed, class: Class, chain: Chain) {
    let mut block = chain.into_head();
    while !block.is_null() {
        // SAFETY: a block of a chain, read before it is freed: linked, of the installed allocator,
        // of this class, in nobody's use.
        unsafe {
            let next = chain::next(block);
            installed.release(block, class.layout());
            block = next;
        }
    }
}

/// Once in a while, from a monitor: gives blocks that nobody has needed for a second back to the
/// inner allocator, and libc's free memory to the system. Must run on an OS thread's own
/// thread-locals.
pub(crate) fn scavenge(now: Nanos) {
    /// Bytes given back since libc was last asked to do likewise.
    static GIVEN_BACK: AtomicUsize = AtomicUsize::new(0);
    /// For so many it is worth a walk over libc's free memory, some 100 us a megabyte.
    const WORTH: usize = 1 << 20;
    let Some(installed) = installed::get() else {
        return; // there are none
    };
    let given = DEPOT.scavenge(now, |class, chain| release(installed, class, chain));
    let all = GIVEN_BACK.fetch_add(given, Relaxed) + given;
    if all >= WORTH && given < depot::SCAVENGE_BYTES {
        GIVEN_BACK.store(0, Relaxed);
        // SAFETY: no duties. libc keeps small blocks to itself unless asked.
        unsafe { libc::malloc_trim(0) };
    }
}

/// Is there, or will there be, something to [`scavenge`]?
pub(crate) fn has_unused() -> bool {
    !DEPOT.is_empty()
}
