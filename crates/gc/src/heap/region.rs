//! The reserved address space: the region and its side tables.

use super::bits::Bits;
use super::span::Span;
use super::{GRANULE, PAGE, PAGE_SHIFT};
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;

/// Address space asked for first; halved until the kernel agrees.
const MOST: usize = if cfg!(miri) { 64 << 20 } else { 1 << 40 };
/// With less than this there is no point.
const LEAST: usize = 64 << 20;

pub(crate) struct Region {
    base: NonNull<u8>,
    len: usize,
    marks: [Bits; 2],
    /// Which cells hold a value whose destructor has not run.
    pub(crate) born: Bits,
    spans: NonNull<Span>,
}

// SAFETY: reserved for the life of the process; what lies there is atomic, or belongs to whoever has
// the span.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

/// The one region of the process, reserved when first used.
#[inline]
pub(crate) fn region() -> &'static Region {
    static REGION: OnceLock<Region> = OnceLock::new();
    REGION.get_or_init(Region::reserve)
}

fn map(len: usize) -> Option<NonNull<u8>> {
    let (access, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
    );
    // SAFETY: a new mapping wherever the kernel likes.
    let at = unsafe { libc::mmap(null_mut(), len, access, kind, -1, 0) };
    (at != libc::MAP_FAILED).then(|| NonNull::new(at.cast()).expect("the kernel maps nothing at 0"))
}

impl Region {
    fn reserve() -> Region {
        let mut len = MOST;
        loop {
            if let Some(region) = Region::try_reserve(len) {
                return region;
            }
            len /= 2;
            assert!(
                len >= LEAST,
                "gompa-gc: cannot reserve {LEAST} bytes of address space; is there a limit on it \
                 (ulimit -v)?"
            );
        }
    }

    fn try_reserve(len: usize) -> Option<Region> {
        let bits = len / GRANULE / 8;
        let spans = (len >> PAGE_SHIFT) * size_of::<Span>();
        let all = map(len + PAGE + 3 * bits + spans)?;
        // So that a page's number is a shift of its address, too: one page more than needed.
        let base = all.map_addr(|a| {
            std::num::NonZero::new(a.get().next_multiple_of(PAGE)).expect("above a mapping's start")
        });
        base.as_ptr().expose_provenance();
        // SAFETY: all within the mapping, which has `PAGE` bytes to spare.
        let at = |offset: usize| unsafe { base.add(len + offset) };
        // SAFETY: zeroed memory of the right size, 8-aligned, for ever, and nobody else's.
        let table = |n: usize| unsafe { Bits::new(at(n * bits).cast()) };
        Some(Region {
            base,
            len,
            marks: [table(0), table(1)],
            born: table(2),
            spans: at(3 * bits).cast(),
        })
    }

    /// How many pages there are.
    pub(crate) fn pages(&self) -> usize {
        self.len >> PAGE_SHIFT
    }

    /// The address of page `n`.
    #[inline]
    pub(crate) fn page(&self, n: usize) -> usize {
        self.base.addr().get() + (n << PAGE_SHIFT)
    }

    /// The number of the page that `address`, in the region, lies in.
    #[inline]
    pub(crate) fn page_of(&self, address: usize) -> usize {
        (address - self.base.addr().get()) >> PAGE_SHIFT
    }

    /// The number of the granule that begins at `address`, in the region.
    #[inline]
    pub(crate) fn granule(&self, address: usize) -> usize {
        (address - self.base.addr().get()) / GRANULE
    }

    /// The marks of `cycle`.
    #[inline]
    pub(crate) fn marks(&self, cycle: u64) -> &Bits {
        &self.marks[(cycle & 1) as usize]
    }

    /// The record of page `n`.
    #[inline]
    pub(crate) fn span(&self, n: usize) -> &Span {
        debug_assert!(n < self.pages());
        // SAFETY: within the table; zeroed memory is an empty record, and its fields are cells.
        unsafe { self.spans.add(n).as_ref() }
    }

    /// The record of the page that an object begins in.
    #[inline]
    pub(crate) fn span_of(&self, object: usize) -> &Span {
        self.span(self.page_of(object))
    }

    /// Gives the memory of `n` pages from `first` on back to the kernel. It reads as zeros again.
    pub(crate) fn release(&self, first: usize, n: usize) {
        let at = self.page(first);
        // SAFETY: pages of ours that nobody uses (the caller has them from the page heap).
        let done = unsafe {
            libc::madvise(
                std::ptr::with_exposed_provenance_mut(at),
                n << PAGE_SHIFT,
                libc::MADV_DONTNEED,
            )
        };
        debug_assert_eq!(done, 0);
    }
}
