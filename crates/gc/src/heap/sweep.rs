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
use std::sync::atomic::Ordering::Acquire;
use std::sync::atomic::fence;

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
    region.marks(epoch + 1).zero(from, to);
    span.set_epoch(epoch);
    span.set_cursor(0);
    marks.count(from, to)
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
