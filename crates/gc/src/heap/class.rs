//! Spans for one type and cell size that no worker has: swept with room, swept without, unswept.
//!
//! ```text
//!          flip: all of them                 sweep, at the allocator's wish or in the background
//!   full, partial ---------> todo ----------------> partial | full | back to the page heap
//!                                                      |
//!   full, partial, todo <---------- worker's cache <---+
//! ```
//! Caches are emptied at the flip (see `Worker::keep_up`), before anything unmarked is allocated in
//! their spans; so every span that is older than the flip is swept, once.

use super::desc::Desc;
use super::span::Span;
use super::sweep::sweep;
use super::{pages, size};
use crate::protocol::phase::{Ctl, Phase};
use gompa_park::lock::real::Lock;
use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Unswept spans an allocation looks at before it takes new pages.
const PATIENCE: usize = 100;

/// A kind of cells.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    pub(crate) desc: &'static Desc,
    /// Bytes of a cell.
    pub(crate) cell: usize,
    /// The type leaves the size open: an array.
    pub(crate) varies: bool,
}

impl Kind {
    /// Cells for objects of this type. Destructors need a second granule (see [`super::sweep`]).
    #[inline]
    pub(crate) const fn of(desc: &'static Desc) -> Kind {
        let cell = size::of_object(desc.size, desc.align);
        let least = if desc.drop.is_some() { 32 } else { 0 };
        Kind {
            desc,
            cell: if cell < least { least } else { cell },
            varies: false,
        }
    }

    /// What tells it from others: an address, and the cell size where the type leaves it open.
    #[inline(always)]
    pub(crate) fn key(&self) -> usize {
        let address = std::ptr::from_ref(self.desc).addr();
        if self.varies {
            address | (self.cell << 47)
        } else {
            address
        }
    }

    /// A number that similar kinds do not share: descriptions are as large as their alignment.
    #[inline(always)]
    pub(crate) fn hash(&self) -> usize {
        let number = std::ptr::from_ref(self.desc).addr() / 64;
        if self.varies {
            number ^ (self.cell / 16)
        } else {
            number
        }
    }
}

/// See the [module](self).
pub(crate) struct Class {
    pub(crate) kind: Kind,
    lists: Lock<Lists>,
}

struct Lists {
    /// The cycle whose marks the lists are by.
    epoch: u64,
    todo: Vec<&'static Span>,
    partial: Vec<&'static Span>,
    full: Vec<&'static Span>,
}

impl Lists {
    fn rotate(&mut self, epoch: u64) {
        if self.epoch < epoch {
            self.epoch = epoch;
            self.todo.append(&mut self.partial);
            self.todo.append(&mut self.full);
        }
    }
}

static CLASSES: Lock<Option<HashMap<usize, &'static Class>>> = Lock::new(None);
/// Spans swept by allocations, and by others, for the trace.
static SWEPT: AtomicU64 = AtomicU64::new(0);

/// The class of that kind; made at the first wish.
pub(crate) fn of(kind: Kind, ctl: Ctl) -> &'static Class {
    let mut all = CLASSES.lock();
    all.get_or_insert_with(HashMap::new)
        .entry(kind.key())
        .or_insert_with(|| {
            Box::leak(Box::new(Class {
                kind,
                lists: Lock::new(Lists {
                    epoch: ctl.epoch(),
                    todo: Vec::new(),
                    partial: Vec::new(),
                    full: Vec::new(),
                }),
            }))
        })
}

fn all() -> Vec<&'static Class> {
    let all = CLASSES.lock();
    all.iter().flat_map(HashMap::values).copied().collect()
}

/// Sweeps up to `n` spans that are unswept; whether there were that many. By whoever has the cycle,
/// while nothing is marked.
pub(crate) fn sweep_some(epoch: u64, n: usize) -> bool {
    let mut left = n;
    for class in all() {
        while left > 0 && class.sweep_one(epoch) {
            left -= 1;
        }
        if left == 0 {
            return true;
        }
    }
    false
}

impl Class {
    fn fresh(&'static self, epoch: u64) -> &'static Span {
        let n = size::span_pages(self.kind.cell);
        Span::furnish(
            pages::take(n),
            n,
            self.kind.desc,
            self.kind.cell,
            Some(self),
            epoch,
        )
    }

    /// A span with room, the caller's from now on. In an operation that has read `ctl`.
    pub(crate) fn take(&'static self, ctl: Ctl) -> &'static Span {
        let epoch = ctl.epoch();
        for _ in 0..PATIENCE {
            let span = {
                let mut lists = self.lists.lock();
                lists.rotate(epoch);
                if lists.epoch > epoch {
                    // Others have seen the flip and we have not: their marks are not our business.
                    let epoch = lists.epoch;
                    drop(lists);
                    return self.fresh(epoch);
                }
                match lists.partial.pop() {
                    Some(span) => return span,
                    // While marking, a sweep would clear marks in the making.
                    None if ctl.phase() == Phase::Off => lists.todo.pop(),
                    None => None,
                }
            };
            let Some(span) = span else { break };
            SWEPT.fetch_add(1, Relaxed);
            if sweep(span, epoch) < span.cells() {
                return span;
            }
            self.lists.lock().full.push(span);
        }
        self.fresh(epoch)
    }

    /// A worker gives a span back, in an operation that has read `ctl`.
    pub(crate) fn give(&self, span: &'static Span, ctl: Ctl) {
        let mut lists = self.lists.lock();
        lists.rotate(ctl.epoch());
        if span.epoch() < lists.epoch {
            // The flip has come, but not for us: all that was allocated here since the scan is
            // marked.
            lists.todo.push(span);
        } else if span.is_exhausted() {
            lists.full.push(span);
        } else {
            lists.partial.push(span);
        }
    }

    /// Sweeps a span that is unswept, if there is one.
    fn sweep_one(&self, epoch: u64) -> bool {
        let taken = {
            let mut lists = self.lists.lock();
            lists.rotate(epoch);
            lists.todo.pop()
        };
        let Some(span) = taken else { return false };
        SWEPT.fetch_add(1, Relaxed);
        let live = sweep(span, epoch);
        if live == 0 {
            pages::give(span.first(), span.pages());
        } else {
            let mut lists = self.lists.lock();
            if live < span.cells() {
                lists.partial.push(span);
            } else {
                lists.full.push(span);
            }
        }
        true
    }
}
