//! Objects that have pages of their own.

use super::class::Kind;
use super::region::region;
use super::span::Span;
use super::sweep::condemn;
use super::{PAGE, pages};
use crate::protocol::phase::Ctl;
use gompa_park::lock::real::Lock;
use std::sync::atomic::Ordering::Acquire;
use std::sync::atomic::fence;

/// All there are.
static ALL: Lock<Vec<&'static Span>> = Lock::new(Vec::new());

/// Bytes that such a cell takes.
pub(crate) fn bytes(kind: Kind) -> usize {
    kind.cell.next_multiple_of(PAGE)
}

/// A cell, in an operation that has read `ctl`; black if the caller allocates so.
pub(crate) fn allocate(kind: Kind, ctl: Ctl, black: bool) -> usize {
    let n = bytes(kind) / PAGE;
    let span = Span::furnish(pages::take(n), n, kind.desc, kind.cell, None, ctl.epoch());
    let at = span.base();
    if black {
        region().marks(ctl.cycle()).set(region().granule(at));
    }
    ALL.lock().push(span);
    at
}

/// Frees what is not marked. By the one who drives cycles, after everybody has seen the flip.
pub(crate) fn sweep(epoch: u64) {
    let region = region();
    // Those that are allocated meanwhile are of this epoch, and stay.
    let all = std::mem::take(&mut *ALL.lock());
    let (mut kept, mut freed) = (Vec::with_capacity(all.len()), Vec::new());
    for span in all {
        if span.epoch() < epoch {
            let at = span.granules().0;
            if span.desc().drop.is_some() {
                condemn(at, epoch);
            }
            fence(Acquire); // as in `sweep`
            region.marks(epoch + 1).clear(at);
            if !region.marks(epoch).get(at) {
                freed.push(span);
                continue;
            }
            span.set_epoch(epoch);
        }
        kept.push(span);
    }
    ALL.lock().append(&mut kept);
    for span in freed {
        pages::give(span.first(), span.pages());
    }
}
