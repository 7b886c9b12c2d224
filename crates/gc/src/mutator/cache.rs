//! A worker's runs of free cells, one for each of the types it has allocated lately.

use crate::heap::class::{self, Kind};
use crate::heap::span::Span;
use crate::protocol::phase::Ctl;
use std::cell::Cell;

/// Types that have a place.
const PLACES: usize = 64;

/// Direct-mapped by the type's description.
pub(super) struct Cache([Place; PLACES]);

/// The span of one type, and the run in it that is handed out now.
pub(super) struct Place {
    key: Cell<usize>,
    /// The next cell's address.
    at: Cell<usize>,
    /// The end of the run.
    end: Cell<usize>,
    span: Cell<Option<&'static Span>>,
}

impl Cache {
    pub(super) const fn new() -> Cache {
        Cache(
            [const {
                Place {
                    key: Cell::new(0),
                    at: Cell::new(0),
                    end: Cell::new(0),
                    span: Cell::new(None),
                }
            }; PLACES],
        )
    }

    #[inline(always)]
    pub(super) fn place(&self, kind: Kind) -> &Place {
        &self.0[kind.hash() % PLACES]
    }

    /// Places that have a span.
    pub(super) fn filled(&self) -> impl Iterator<Item = (&Place, &'static Span)> {
        self.0.iter().filter_map(|p| Some((p, p.span.get()?)))
    }
}

impl Place {
    /// A cell of the run, if it is of that kind and has one.
    #[inline(always)]
    pub(super) fn bump(&self, key: usize, cell: usize) -> Option<usize> {
        let at = self.at.get();
        let next = at + cell;
        if self.key.get() != key || next > self.end.get() {
            return None;
        }
        self.at.set(next);
        Some(at)
    }

    /// What is left of the run.
    pub(super) fn rest(&self) -> (usize, usize) {
        (self.at.get(), self.end.get())
    }

    /// Makes the next run of that kind this place's, taking a span if need be; its of about `most`
    /// bytes at most; its first and last byte's end.
    pub(super) fn next_run(&self, kind: Kind, ctl: Ctl, most: usize) -> (usize, usize) {
        let key = kind.key();
        if self.key.get() != key {
            self.vacate(ctl);
            self.key.set(key);
        }
        let mut class = None;
        loop {
            if let Some(span) = self.span.get() {
                if let Some((from, to)) = span.next_run(most) {
                    self.at.set(from);
                    self.end.set(to);
                    return (from, to);
                }
                self.span.set(None);
                let class = *class.get_or_insert(span.class());
                class.give(span, ctl);
            }
            let class = *class.get_or_insert_with(|| class::of(kind, ctl));
            self.span.set(Some(class.take(ctl)));
        }
    }

    /// Ends the run at `to`, a cell's address; the rest of it is the next one.
    pub(super) fn cut(&self, to: usize) {
        self.end.set(to);
        if let Some(span) = self.span.get() {
            span.set_cursor((to - span.base()) / span.cell());
        }
    }

    /// Gives the span back, with what is left of the run.
    pub(super) fn vacate(&self, ctl: Ctl) {
        if let Some(span) = self.span.take() {
            span.set_cursor((self.at.get() - span.base()) / span.cell());
            self.at.set(0);
            self.end.set(0);
            span.class().give(span, ctl);
        }
        self.key.set(0);
    }
}
