//! A region: one mapping that holds many stacks.

use super::advise;
use crate::goroutine::G;
use gompa_park::lock::real::Lock;
use std::io;
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64};

/// Bytes of a page on the one platform there is.
pub(crate) const PAGE: usize = 4096;
/// Bytes reserved at a time.
const REGION_BYTES: usize = 1 << 28;
/// `MADV_GUARD_INSTALL` (Linux 6.13).
const MADV_GUARD_INSTALL: i32 = 102;
/// Regions the process can have. 16 384 of them are 4 TiB.
const MAX_REGIONS: usize = 16_384;
/// Stack numbers go up to here (they become thread ids above the kernel's; see `switch`).
const MAX_NUMBER: u32 = 1 << 29;

/// All regions of the process, for the signal handler that asks whose an address is. A slot is
/// null, or a region that is alive. Written under [`NUMBERS`].
static REGISTRY: [AtomicPtr<Region>; MAX_REGIONS] =
    [const { AtomicPtr::new(null_mut()) }; MAX_REGIONS];
/// Where each region of [`REGISTRY`] lies: its first page (upper 36 bits) and how many pages it has
/// (lower 28); 0: none. In one word, so that who reads it without a lock reads it whole, and looks at
/// no region but the one it lies in.
static RANGES: [AtomicU64; MAX_REGIONS] = [const { AtomicU64::new(0) }; MAX_REGIONS];
/// One past the highest slot of [`REGISTRY`] in use.
static REGISTERED: AtomicU32 = AtomicU32::new(0);
/// Numbers given out; returned ones, by count.
static NUMBERS: Lock<Numbers> = Lock::new(Numbers {
    next: 1,
    free: Vec::new(),
});

const PAGES_BITS: u32 = 28;
const PAGES_MASK: u64 = (1 << PAGES_BITS) - 1;

struct Numbers {
    next: u32,
    /// First numbers of regions that are gone, with how many.
    free: Vec<(u32, u32)>,
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct Region {
    base: usize,
    stride: usize,
    first_number: u32,
    /// Who runs on each slot. Written when a goroutine gets the stack; read by the signal handler.
    owners: Box<[AtomicPtr<G>]>,
}

/// Calls `f` with every region of the process. Takes no lock.
///
/// # Safety
/// 1. No runtime ends meanwhile.
pub(crate) unsafe fn each(mut f: impl FnMut(&Region)) {
    for entry in &REGISTRY[..REGISTERED.load(Acquire) as usize] {
        // SAFETY: registered, and alive as long as its runtime (duty 1).
        if let Some(region) = unsafe { entry.load(Acquire).as_ref() } {
            f(region);
        }
    }
}

impl Region {
    /// All that was mapped for it.
    pub(crate) fn mapping(&self) -> std::ops::Range<usize> {
        self.base..self.base + self.len()
    }

    /// Maps room for stacks of `stride` bytes (whole pages, guard included).
    pub(crate) fn map(stride: usize) -> io::Result<Box<Region>> {
        let slots = (REGION_BYTES / stride).clamp(16, 4096);
        let len = stride * slots;
        // SAFETY: a fresh anonymous mapping.
        let at = unsafe {
            libc::mmap(
                null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_STACK,
                -1,
                0,
            )
        };
        if at == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // A huge page would make one touched page two megabytes.
        // SAFETY: our own mapping.
        unsafe { libc::madvise(at, len, libc::MADV_NOHUGEPAGE) };
        let mut numbers = NUMBERS.lock();
        let first_number = match numbers.take(slots as u32) {
            Ok(first) => first,
            Err(e) => {
                // SAFETY: our own mapping, which nobody has heard of.
                unsafe { libc::munmap(at, len) };
                return Err(e);
            }
        };
        let mut region = Box::new(Region {
            base: at as usize,
            stride,
            first_number,
            owners: (0..slots).map(|_| AtomicPtr::new(null_mut())).collect(),
        });
        if !register(&mut region) {
            // Dropped, it gives its numbers and its memory back.
            drop(numbers);
            return Err(io::Error::other("too many stack regions in one process"));
        }
        Ok(region)
    }

    pub(crate) fn base(&self) -> usize {
        self.base
    }

    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// Bytes mapped.
    fn len(&self) -> usize {
        self.stride * self.owners.len()
    }

    pub(crate) fn slots(&self) -> u32 {
        self.owners.len() as u32
    }

    pub(crate) fn first_number(&self) -> u32 {
        self.first_number
    }

    pub(crate) fn owner(&self, slot: u32) -> &AtomicPtr<G> {
        &self.owners[slot as usize]
    }

    /// Prepares slots that have never been used: guards below.
    pub(crate) fn open(&self, slots: std::ops::Range<u32>) -> io::Result<()> {
        let guards: Vec<usize> = slots
            .map(|slot| self.base + slot as usize * self.stride)
            .collect();
        if advise::pages(&guards, MADV_GUARD_INSTALL) {
            return Ok(());
        }
        for guard in guards {
            // SAFETY: a page of our mapping that nobody uses.
            if unsafe { libc::mprotect(guard as *mut _, PAGE, libc::PROT_NONE) } != 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    }

    /// The region and slot of an address. Async-signal-safe.
    ///
    /// The region found is alive as long as its stacks are in use: that of an address on the stack
    /// that the caller runs on, say.
    pub(crate) fn find(address: usize) -> Option<(NonNull<Region>, u32)> {
        let page = address / PAGE;
        let ranges = &RANGES[..REGISTERED.load(Acquire) as usize];
        let i = ranges.iter().position(|range| {
            let range = range.load(Acquire);
            let (first, pages) = (range >> PAGES_BITS, range & PAGES_MASK);
            (page as u64).wrapping_sub(first) < pages
        })?;
        let region = NonNull::new(REGISTRY[i].load(Acquire))?;
        // SAFETY: the range holds the address, so the region was alive just now, and is as long as
        // somebody is on that stack.
        let r = unsafe { region.as_ref() };
        Some((region, (address.checked_sub(r.base)? / r.stride) as u32))
    }
}

/// Under the lock of [`NUMBERS`].
fn register(region: &mut Region) -> bool {
    for (i, entry) in REGISTRY.iter().enumerate() {
        if entry.load(Relaxed).is_null() {
            let (first, pages) = (
                region.base / PAGE,
                region.stride * region.owners.len() / PAGE,
            );
            entry.store(region, Release);
            RANGES[i].store((first as u64) << PAGES_BITS | pages as u64, Release);
            REGISTERED.fetch_max(i as u32 + 1, AcqRel);
            return true;
        }
    }
    false
}

impl Numbers {
    fn take(&mut self, n: u32) -> io::Result<u32> {
        if let Some(i) = self.free.iter().position(|f| f.1 == n) {
            return Ok(self.free.swap_remove(i).0);
        }
        if self.next + n > MAX_NUMBER {
            return Err(io::Error::other("too many stacks in one process"));
        }
        let first = self.next;
        self.next += n;
        Ok(first)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let me: *mut Region = self;
        let mut numbers = NUMBERS.lock();
        for (entry, range) in REGISTRY.iter().zip(&RANGES) {
            if entry.load(Relaxed) == me {
                range.store(0, Release);
                entry.store(null_mut(), Release);
                break;
            }
        }
        numbers.free.push((self.first_number, self.slots()));
        drop(numbers);
        // SAFETY: our own mapping; its stacks are gone (see `Stack::region`).
        unsafe { libc::munmap(self.base as *mut _, self.len()) };
    }
}
