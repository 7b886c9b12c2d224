//! What each OS thread keeps for the mutators it carries: the frame of their operations, runs of
//! free cells, the barrier log.

use super::cache::Cache;
use crate::heap::class::Kind;
use crate::heap::region::region;
use crate::profile::sampler::{Plan, Sampler};
use crate::protocol::frame::Frame;
use crate::protocol::log::Log;
use crate::protocol::phase::{Ctl, Phase};
use gompa_park::lock::real::Lock;
use std::cell::Cell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Bytes of a run while marking.
const SHORT: usize = 4 << 10;

/// Records are never freed, and used again by later threads. The cells are used in operations, hence
/// by one thread at a time, or under `upkeep` as said there.
#[repr(C, align(128))]
pub(crate) struct Worker {
    pub(crate) frame: Frame,
    /// Objects are born black.
    black: Cell<bool>,
    /// What it has acted upon.
    seen: Cell<Ctl>,
    /// Bytes of marking that its mutators owe. Negative: paid in advance.
    pub(crate) debt: Cell<i64>,
    /// Counters of its own, summed on demand.
    pub(crate) counts: Counts,
    /// Chooses what the heap profile looks at.
    pub(crate) sampler: Sampler,
    /// Runs of free cells.
    cache: Cache,
    pub(crate) log: Log,
    /// The last cycle after which the cache was emptied. Whoever holds the lock does it: the worker
    /// itself in its first operation after the flip, or else the one who drives the cycle, once
    /// everybody has been told of it. (No operation can be under way then that has not done it.)
    upkeep: Lock<u64>,
}

/// Written by the worker's thread alone.
#[derive(Default)]
pub(crate) struct Counts {
    /// Bytes and cells handed out in runs.
    pub(crate) bytes: AtomicU64,
    pub(crate) cells: AtomicU64,
    /// Nanoseconds of assists.
    pub(crate) assist: AtomicU64,
}

impl Counts {
    const fn new() -> Counts {
        Counts {
            bytes: AtomicU64::new(0),
            cells: AtomicU64::new(0),
            assist: AtomicU64::new(0),
        }
    }

    /// Adds without a read-modify-write: there is one writer.
    pub(crate) fn add(counter: &AtomicU64, n: u64) {
        counter.store(counter.load(Relaxed).wrapping_add(n), Relaxed);
    }
}

// SAFETY: see the type.
unsafe impl Sync for Worker {}
// SAFETY: see the type.
unsafe impl Send for Worker {}

/// The worker of who has none: no announcement is ever acted upon here, so the first operation finds
/// it out. Many may "enter" it; what they write is never read.
pub(crate) static NOWHERE: Worker = Worker::new(Ctl::NOWHERE);

impl Worker {
    pub(super) const fn new(ctl: Ctl) -> Worker {
        Worker {
            frame: Frame::new(ctl),
            black: Cell::new(false),
            seen: Cell::new(Ctl::NONE),
            debt: Cell::new(0),
            counts: Counts::new(),
            sampler: Sampler::new(),
            cache: Cache::new(),
            log: Log::new(),
            upkeep: Lock::new(0),
        }
    }

    #[inline]
    pub(super) fn is_nowhere(&self) -> bool {
        std::ptr::eq(self, &NOWHERE)
    }

    #[inline]
    pub(super) fn seen(&self) -> Ctl {
        self.seen.get()
    }

    /// In an operation: `ctl` holds from now on.
    pub(super) fn act_upon(&self, ctl: Ctl) {
        let seen = self.seen.replace(ctl);
        if seen == ctl {
            return;
        }
        self.keep_up(ctl.epoch());
        let was_black = seen.scanning() && seen.cycle() == ctl.cycle();
        self.black.set(ctl.scanning());
        if ctl.scanning() && !was_black {
            for (place, span) in self.cache.filled() {
                let (from, to) = place.rest();
                span.blacken(ctl.cycle(), from, to);
            }
        }
    }

    /// After the flip of `epoch`: cached spans go back to be swept, before anything is allocated in
    /// them that is not marked. (What was allocated since the own scan is.)
    ///
    /// In the worker's first operation then, or by the one who drives cycles, after everybody has
    /// seen the flip and before the next announcement.
    pub(crate) fn keep_up(&self, epoch: u64) {
        let mut done = self.upkeep.lock();
        if *done >= epoch {
            return;
        }
        *done = epoch;
        for (place, span) in self.cache.filled() {
            if span.epoch() < epoch {
                place.vacate(Ctl::new(epoch, Phase::Off));
            }
        }
    }

    /// In an operation: a cell of the current run, if there is one.
    #[inline(always)]
    pub(super) fn bump(&self, kind: Kind) -> Option<usize> {
        self.cache.place(kind).bump(kind.key(), kind.cell)
    }

    /// In an operation that has read `ctl`: the next run; how many bytes it has, and what else there
    /// is to do.
    pub(super) fn next_run(&self, kind: Kind, ctl: Ctl) -> (usize, Plan) {
        // While marking, runs are short, so that what is owed for one is little.
        let most = if self.black.get() { SHORT } else { usize::MAX };
        let place = self.cache.place(kind);
        let (from, to) = place.next_run(kind, ctl, most);
        let plan = self.sampler.plan(from, to, kind.cell);
        if plan.to < to {
            place.cut(plan.to);
        }
        let to = plan.to;
        if self.black.get() {
            let span = region().span(region().span_of(from).first());
            span.blacken(ctl.cycle(), from, to);
        }
        Counts::add(&self.counts.bytes, (to - from) as u64);
        Counts::add(&self.counts.cells, ((to - from) / kind.cell) as u64);
        (to - from, plan)
    }

    /// Whether objects are born black here.
    pub(super) fn is_black(&self) -> bool {
        self.black.get()
    }

    /// In an operation that has read `ctl`, the last for a while: gives the spans back.
    pub(super) fn flush(&self, ctl: Ctl) {
        for (place, _) in self.cache.filled() {
            place.vacate(ctl);
        }
    }
}
