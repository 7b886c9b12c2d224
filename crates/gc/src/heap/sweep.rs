//! Sweeping a span: what is not marked is free.
//!
//! There is nothing to write for it: marks become the bitmap of what is allocated by the flip alone.
//! A sweep counts, clears the other bitmap for the next cycle, and sees to destructors.
//!
//! # Destructors
//! `born` has a bit for each cell that holds a value whose destructor is still to run, and, in the
//! cell's second granule, one that says that it is queued. A sweep that finds such a cell unmarked
//! queues it, once, and marks it, so that it stays allocated; the cleanup thread runs the destructor
//! and clears the first bit; the sweep after that clears the second and finds it free.

use super::GRANULE;
use super::region::region;
use super::span::Span;
use crate::cycle::cleanup;
use std::sync::atomic::Ordering::{Acquire, Relaxed};
use std::sync::atomic::{AtomicBool, fence};

/// What is freed is overwritten: `GODEBUG=clobberfree=1`.
pub(crate) static CLOBBER: AtomicBool = AtomicBool::new(false);

/// Sweeps a span that is the caller's alone, with no marking going on; how many of its cells are in
/// use.
pub(crate) fn sweep(span: &'static Span, epoch: u64) -> usize {
    let region = region();
    let (from, to) = span.granules();
    let marks = region.marks(epoch);
    if span.desc().drop.is_some() {
        let step = span.cell() / GRANULE;
        let end = from + span.cells() * step;
        let mut at = region.born.next(from, end);
        while at < end {
            let cell = (at - from) / step * step + from;
            condemn(cell, epoch);
            at = region.born.next(cell + step, end);
        }
        // A bit found clear may have been cleared a moment ago: what the cleanup thread did to the
        // cell comes before what its next owner will do.
        fence(Acquire);
    }
    if CLOBBER.load(Relaxed) {
        clobber(span, epoch);
    }
    region.marks(epoch + 1).zero(from, to);
    span.set_epoch(epoch);
    span.set_cursor(0);
    marks.count(from, to)
}

/// Overwrites the free cells of a span that is being swept.
#[cold]
fn clobber(span: &'static Span, epoch: u64) {
    let region = region();
    let (cell, base) = (span.cell(), span.base());
    for at in (0..span.cells()).map(|i| base + i * cell) {
        if !region.marks(epoch).get(region.granule(at)) {
            // SAFETY: a cell of the caller's span; not marked, so nobody can reach what it held, and
            // its destructor, if any, has run.
            unsafe { std::ptr::with_exposed_provenance_mut::<u8>(at).write_bytes(0xdb, cell) };
        }
    }
}

/// The cell at granule `at` holds, or held, a value with a destructor. If it still does and is not
/// marked, queues that, once.
pub(crate) fn condemn(at: usize, epoch: u64) {
    let region = region();
    if !region.born.get(at) {
        // Its destructor has run since the last sweep: here it ends to be queued.
        region.born.clear(at + 1);
        return;
    }
    // Marked, or to be kept for its destructor.
    if region.marks(epoch).set(at) && region.born.set(at + 1) {
        cleanup::destroy(region.page(0) + at * GRANULE);
    }
}
