//! Allocation: a bump in the common case; else a run, a span, perhaps some of the collector's work.

use super::Mutator;
use super::operation::Op;
use crate::cycle::{background, pay, request};
use crate::heap::class::Kind;
use crate::heap::desc::Desc;
use crate::heap::region::region;
use crate::heap::{large, size};
use crate::profile::table;
use crate::protocol::phase::Ctl;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Release;

/// The line of code that allocates.
pub(crate) type Site = &'static Location<'static>;

impl Mutator {
    /// A cell of that kind in the operation that is returned with it: an object must be written there
    /// before it ends.
    #[inline(always)]
    pub(crate) fn cell(&self, kind: Kind, site: Site) -> (Op<'_>, usize) {
        let op = self.enter();
        if kind.cell <= size::SMALL
            && let Some(at) = op.w.bump(kind)
        {
            return (op, at);
        }
        let ctl = op.ctl;
        std::mem::forget(op); // it goes on, in scalars (see `enter`)
        // So does the kind: through memory, it would not be known when this is compiled.
        let (at, ctl) = refill(self, ctl, kind.desc, kind.cell, kind.varies, site);
        let w = self.worker();
        (Op { m: self, w, ctl }, at)
    }
}

/// In an operation of `m` that has read `ctl`: a cell, in that operation or in another one that has
/// taken its place, and what that has read.
#[cold]
#[inline(never)]
fn refill(
    m: &Mutator,
    ctl: Ctl,
    desc: &'static Desc,
    cell: usize,
    varies: bool,
    site: Site,
) -> (usize, Ctl) {
    let w = m.worker();
    let kind = Kind { desc, cell, varies };
    let (op, at) = slowly(Op { m, w, ctl }, kind, site);
    let ctl = op.ctl;
    std::mem::forget(op);
    (at, ctl)
}

fn slowly(mut op: Op<'_>, kind: Kind, site: Site) -> (Op<'_>, usize) {
    let m = op.m;
    if pay::is_due(&op) {
        if m.is_pinned() {
            m.owe();
        } else {
            drop(op);
            pay::pay(m);
            op = m.enter();
        }
    }
    if op.w.sampler.is_cycle_due() && !m.is_pinned() {
        drop(op);
        background::drive_until(request::forced());
        op = m.enter();
    }
    if kind.cell > size::SMALL {
        pay::charge(&op, large::bytes(kind));
        let at = large::allocate(kind, op.ctl, op.w.is_black());
        if op.w.sampler.one(kind.cell) {
            table::record(at, kind, site);
        }
        return (op, at);
    }
    let mut sampled = false;
    loop {
        if let Some(at) = op.w.bump(kind) {
            if sampled {
                table::record(at, kind, site);
            }
            return (op, at);
        }
        let (run, plan) = op.w.next_run(kind, op.ctl);
        pay::charge(&op, run);
        sampled = plan.sampled;
    }
}

impl Op<'_> {
    /// An object with a destructor was written to the cell at `at`.
    #[inline]
    pub(crate) fn is_born(&self, at: usize) {
        region().born.set(region().granule(at));
    }

    /// Makes the field at `word`, in an object just written, one that the collector knows.
    #[inline]
    pub(crate) fn bind(&self, word: &AtomicUsize) {
        let object = crate::api::field::unbound(word);
        self.shade(object);
        word.store(object, Release);
    }
}
