//! Who holds free stacks: each P a few warm ones, the runtime the rest.

use super::region::Region;
use super::{PAGE, Stack};
use gompa_park::Lock;
use std::cell::UnsafeCell;
use std::collections::VecDeque;
use std::io;
use std::ptr::NonNull;

/// Usable bytes of a stack at the least.
const SMALLEST: usize = 64 << 10;
/// Stacks a P keeps.
const CACHE: usize = 64;
/// Stacks that change hands at a time.
const BATCH: usize = 32;

/// A P's warm stacks, last in, first out. Used by the P's owner alone.
pub(crate) struct Cache(UnsafeCell<Vec<Stack>>);

impl Cache {
    pub(crate) fn new() -> Self {
        Cache(UnsafeCell::new(Vec::with_capacity(CACHE)))
    }

    /// # Safety
    /// The caller owns the P, and calls nothing of the cache while it uses the result.
    #[expect(clippy::mut_from_ref, reason = "one owner, see the duties")]
    unsafe fn get(&self) -> &mut Vec<Stack> {
        // SAFETY: the caller's duty.
        unsafe { &mut *self.0.get() }
    }
}

/// From one stack to the next: a power of two, and the guard.
///
/// What runs is at the top of each stack. Were the tops a power of two apart, they would share a few
/// sets of the processor's second-level TLB (two of 128, at 256 KiB), and every switch among some
/// dozens of goroutines would walk the page tables.
fn stride(size: usize) -> usize {
    size.next_power_of_two().max(SMALLEST) + PAGE
}

/// A runtime's stacks.
pub(crate) struct Pool {
    stride: usize,
    inner: Lock<Inner>,
}

struct Inner {
    /// Free stacks that may have touched pages, oldest first.
    dirty: VecDeque<Stack>,
    /// Free stacks without any memory.
    clean: Vec<Stack>,
    /// The next slot of the last region that has never been used.
    fresh: u32,
    /// Boxed: stacks point to them.
    #[expect(clippy::vec_box, reason = "their addresses must not change")]
    regions: Vec<Box<Region>>,
    /// `dirty.len()` since the monitor last [took stock](Pool::take_stock), at the least: so many
    /// were not needed.
    unused: usize,
    /// The oldest of `dirty` that were not needed for a whole period: their memory may go.
    cold: usize,
}

impl Pool {
    /// Stacks of `size` usable bytes at the least.
    pub(crate) fn new(size: usize) -> Self {
        Pool {
            stride: stride(size),
            inner: Lock::new(Inner {
                dirty: VecDeque::new(),
                clean: Vec::new(),
                fresh: 0,
                regions: Vec::new(),
                unused: 0,
                cold: 0,
            }),
        }
    }

    /// A stack for a goroutine.
    ///
    /// # Safety
    /// The caller owns the P whose cache this is.
    #[inline]
    pub(crate) unsafe fn take(&self, cache: &Cache) -> Stack {
        // SAFETY: the caller's duty; nothing below keeps the reference.
        if let Some(stack) = unsafe { cache.get() }.pop() {
            return stack;
        }
        // SAFETY: as above.
        self.refill(unsafe { cache.get() })
    }

    #[cold]
    fn refill(&self, cache: &mut Vec<Stack>) -> Stack {
        let mut inner = self.inner.lock();
        while cache.len() < BATCH
            && let Some(stack) = inner.take_used()
        {
            cache.push(stack);
        }
        if cache.is_empty()
            && let Err(e) = inner.open_fresh(self.stride, cache)
        {
            panic!(
                "no memory for another goroutine's stack of {} KiB: {e} \
                 (vm.max_map_count, vm.overcommit_memory and ulimit -v are the usual limits)",
                self.stride / 1024
            );
        }
        cache.pop().expect("one was pushed")
    }

    /// A goroutine has ended.
    ///
    /// # Safety
    /// The caller owns the P whose cache this is; nobody runs on the stack.
    #[inline]
    pub(crate) unsafe fn give(&self, cache: &Cache, stack: Stack) {
        // SAFETY: the caller's duty.
        let cache = unsafe { cache.get() };
        if cache.len() == CACHE {
            self.spill(cache, BATCH);
        }
        cache.push(stack);
    }

    /// A goroutine has ended on a thread without a P. Nobody runs on the stack.
    pub(crate) fn give_common(&self, stack: Stack) {
        self.inner.lock().dirty.push_back(stack);
    }

    #[cold]
    fn spill(&self, cache: &mut Vec<Stack>, n: usize) {
        // The coldest ones: those at the bottom.
        self.inner.lock().dirty.extend(cache.drain(..n));
    }

    /// A P is retired.
    ///
    /// # Safety
    /// The caller owns the P whose cache this is.
    pub(crate) unsafe fn give_all(&self, cache: &Cache) {
        // SAFETY: the caller's duty.
        let cache = unsafe { cache.get() };
        let n = cache.len();
        self.spill(cache, n);
    }

    /// Whether there are free stacks that may have memory.
    pub(crate) fn has_unused(&self) -> bool {
        !self.inner.lock().dirty.is_empty()
    }

    /// The monitor, at the end of each period: finds out which free stacks nobody has needed in it.
    pub(crate) fn take_stock(&self) {
        let mut inner = self.inner.lock();
        inner.cold = inner.unused;
        inner.unused = inner.dirty.len();
    }

    /// The monitor, in between: frees the memory of some of those, few enough that it is back at
    /// its other duties within a millisecond. True: there are more.
    pub(crate) fn scavenge(&self) -> bool {
        const AT_ONCE: usize = 256;
        let (idle, more): (Vec<Stack>, bool) = {
            let mut inner = self.inner.lock();
            let n = inner.cold.min(AT_ONCE);
            inner.cold -= n;
            inner.unused -= n;
            (inner.dirty.drain(..n).collect(), inner.cold > 0)
        };
        for stack in &idle {
            stack.trim(true);
        }
        if !idle.is_empty() {
            self.inner.lock().clean.extend(idle);
        }
        more
    }
}

impl Inner {
    /// A free stack that has been used before.
    fn take_used(&mut self) -> Option<Stack> {
        if let Some(stack) = self.dirty.pop_back() {
            self.unused = self.unused.min(self.dirty.len());
            self.cold = self.cold.min(self.unused);
            return Some(stack);
        }
        self.clean.pop()
    }

    /// Some stacks that have never been used, next to each other.
    fn open_fresh(&mut self, stride: usize, to: &mut Vec<Stack>) -> io::Result<()> {
        if self.regions.last().is_none_or(|r| self.fresh == r.slots()) {
            self.regions.push(Region::map(stride)?);
            self.fresh = 0;
        }
        let region = self.regions.last().expect("one was pushed");
        let slots = self.fresh..(self.fresh + BATCH as u32).min(region.slots());
        region.open(slots.clone())?;
        self.fresh = slots.end;
        // Highest first, so that they are used in the order of their addresses.
        to.extend(slots.rev().map(|slot| Stack {
            region: NonNull::from(&**region),
            slot,
        }));
        Ok(())
    }
}
