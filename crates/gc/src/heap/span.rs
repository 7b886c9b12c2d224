//! The record of a page, and a span: pages that hold cells of one size for objects of one type.

use super::class::Class;
use super::desc::Desc;
use super::region::region;
use super::{GRANULE, PAGE, size};
use std::ptr::null_mut;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize};

/// A page's record. `desc` and `cell` are right for every page of a span (of a large object: for the
/// first); the rest is kept in the first page's.
///
/// A span is in one hand: the page heap, a list of its [`Class`], a worker's cache, or whoever has
/// just taken it from one of them. The fields are atomic because the collector may look at a record
/// at any time, and because a table of zeros must do.
#[repr(C, align(64))]
pub(crate) struct Span {
    desc: AtomicPtr<Desc>,
    /// Bytes of a cell.
    cell: AtomicUsize,
    /// The class; null for a large object.
    class: AtomicPtr<Class>,
    /// The cycle whose marks say which cells are allocated, behind the cursor.
    epoch: AtomicU64,
    /// Cells before this one are in use, whatever the marks say.
    cursor: AtomicU32,
    /// Cells in the span.
    cells: AtomicU32,
    /// Pages of it.
    pages: AtomicU32,
    /// Its first page.
    first: AtomicU32,
}

impl Span {
    /// Makes a span of free pages. Their bits are clear.
    ///
    /// The records are published with the first object: whoever can name it has read its address
    /// from where it was stored with release.
    pub(crate) fn furnish(
        first: usize,
        pages: usize,
        desc: &'static Desc,
        cell: usize,
        class: Option<&'static Class>,
        epoch: u64,
    ) -> &'static Span {
        let region = region();
        let described = if class.is_some() { pages } else { 1 };
        for n in first..first + described {
            let record = region.span(n);
            record.cell.store(cell, Relaxed);
            record.first.store(first as u32, Relaxed);
            record
                .desc
                .store(std::ptr::from_ref(desc).cast_mut(), Release);
        }
        let span = region.span(first);
        let class = class.map_or(null_mut(), |c| std::ptr::from_ref(c).cast_mut());
        span.class.store(class, Relaxed);
        span.epoch.store(epoch, Relaxed);
        span.cursor.store(0, Relaxed);
        let cells = if class.is_null() {
            1
        } else {
            size::cells(pages, cell)
        };
        span.cells.store(cells as u32, Relaxed);
        span.pages.store(pages as u32, Relaxed);
        span
    }

    /// The type of the objects here.
    #[inline]
    pub(crate) fn desc(&self) -> &'static Desc {
        let desc = self.desc.load(Acquire);
        debug_assert!(!desc.is_null(), "no object was ever here");
        // SAFETY: an object is here, so the record was furnished, with a static description.
        unsafe { &*desc }
    }

    /// Bytes of a cell.
    #[inline]
    pub(crate) fn cell(&self) -> usize {
        self.cell.load(Relaxed)
    }

    pub(crate) fn class(&self) -> &'static Class {
        // SAFETY: furnished with a class, which is never freed.
        unsafe { &*self.class.load(Relaxed) }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Relaxed)
    }

    pub(crate) fn set_epoch(&self, epoch: u64) {
        self.epoch.store(epoch, Relaxed);
    }

    pub(crate) fn pages(&self) -> usize {
        self.pages.load(Relaxed) as usize
    }

    pub(crate) fn first(&self) -> usize {
        self.first.load(Relaxed) as usize
    }

    /// The address of its first cell.
    pub(crate) fn base(&self) -> usize {
        region().page(self.first())
    }

    /// Its granules, for the bitmaps.
    pub(crate) fn granules(&self) -> (usize, usize) {
        let from = self.first() * (PAGE / GRANULE);
        (from, from + self.pages() * (PAGE / GRANULE))
    }

    pub(crate) fn set_cursor(&self, cell: usize) {
        self.cursor.store(cell as u32, Relaxed);
    }

    /// No cell is to be had here until the next sweep.
    pub(crate) fn exhaust(&self) {
        self.cursor.store(self.cells.load(Relaxed), Relaxed);
    }

    pub(crate) fn cells(&self) -> usize {
        self.cells.load(Relaxed) as usize
    }

    /// Whether the end has been reached.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.cursor.load(Relaxed) >= self.cells.load(Relaxed)
    }

    /// Takes the next run of free cells, of about `most` bytes at most: first and last byte's end.
    pub(crate) fn next_run(&self, most: usize) -> Option<(usize, usize)> {
        let region = region();
        let marks = region.marks(self.epoch());
        let (cell, base) = (self.cell(), self.base());
        let (step, zero) = (cell / GRANULE, region.granule(base));
        let end = zero + self.cells() * step;
        let mut at = zero + self.cursor.load(Relaxed) as usize * step;
        while at < end && marks.get(at) {
            at += step;
        }
        if at >= end {
            self.exhaust();
            return None;
        }
        // Only cells' first granules are ever marked.
        let to = marks.next(at, end);
        let few = (most / cell).max(1).saturating_mul(step);
        let to = to.min(at.saturating_add(few));
        self.set_cursor((to - zero) / step);
        let address = |granule: usize| base + (granule - zero) * GRANULE;
        Some((address(at), address(to)))
    }

    /// Marks the cells of `from..to`, addresses within the span, in `cycle`.
    pub(crate) fn blacken(&self, cycle: u64, from: usize, to: usize) {
        let region = region();
        let step = self.cell() / GRANULE;
        region
            .marks(cycle)
            .set_every(step, region.granule(from), region.granule(to));
    }
}
