//! One piece of code in reach of a source; and a source's list of them.

use super::{Cutting, Source, Why};
use crate::host::Host;
use crate::sync::Cell;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use crate::sync::atomic::{AtomicBool, AtomicU64, fence};
use std::marker::PhantomPinned;
use std::ptr::{self, NonNull};

/// Lies on the stack of [`within`](super::within). See the [module](super).
#[derive(Debug)]
pub struct Entry {
    /// Neighbours in the source's list, null at its ends. The source's lock.
    prev: Cell<*const Entry>,
    next: Cell<*const Entry>,
    /// The number of the wait that is on, plus one; 0: none. Written by the waiter.
    armed: AtomicU64,
    /// The source has ended. Written by the source, once, under its lock.
    cut: AtomicBool,
    /// Whose waits these are.
    host: Host,
    cutting: &'static Cutting,
    /// The entry around this one, or null.
    outer: *const Entry,
    /// The source, and how to ask it.
    source: NonNull<()>,
    ask: unsafe fn(NonNull<()>) -> Option<Why>,
    _stays: PhantomPinned,
}

impl Entry {
    pub(super) fn new<S: Source>(
        source: &S,
        host: Host,
        cutting: &'static Cutting,
        outer: *const Entry,
    ) -> Entry {
        unsafe fn ask<S: Source>(source: NonNull<()>) -> Option<Why> {
            // SAFETY: the caller's: a live `S`.
            unsafe { source.cast::<S>().as_ref() }.why()
        }
        Entry {
            prev: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
            armed: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            host,
            cutting,
            outer,
            source: NonNull::from(source).cast(),
            ask: ask::<S>,
            _stays: PhantomPinned,
        }
    }

    /// The source has ended: ends the wait that is on, and those to come.
    ///
    /// # Safety
    /// 1. The caller is the source's, holds its lock, and the entry is listed, or was until now.
    pub unsafe fn cut(&self) {
        self.cut.store(true, Release);
        fence(SeqCst);
        if let Some(number) = self.armed.load(Relaxed).checked_sub(1) {
            // SAFETY: the code of the host is inside `within`, which it does not leave before it has
            // had the source's lock (duty 1).
            unsafe { (self.cutting.cut)(self.host.data, number as u32) }
        }
    }

    /// It had ended before the entry could be listed.
    pub(super) fn cut_from_the_start(&self) {
        self.cut.store(true, Relaxed);
    }

    #[inline]
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Acquire)
    }

    #[inline]
    pub(super) fn arm(&self, number: u32) {
        self.armed.store(u64::from(number) + 1, Relaxed);
    }

    /// The wait is over, and the host's number has moved on: whoever still read it armed does
    /// nothing.
    #[inline]
    pub(super) fn disarm(&self) {
        self.armed.store(0, Relaxed);
    }

    pub(super) fn outer(&self) -> *const Entry {
        self.outer
    }

    /// # Safety
    /// 1. The entry's `within` has not returned.
    pub(super) unsafe fn why(&self) -> Option<Why> {
        // SAFETY: `within` borrows the source.
        unsafe { (self.ask)(self.source) }
    }

    /// An entry and those around it.
    ///
    /// # Safety
    /// 1. `innermost` is null or an entry in force, and stays in force for `'a`.
    pub(super) unsafe fn chain<'a>(innermost: *const Entry) -> impl Iterator<Item = &'a Entry> {
        // SAFETY: an inner `within` runs inside the outer one, so all are in force.
        let next = |entry: *const Entry| unsafe { entry.as_ref() };
        std::iter::successors(next(innermost), move |e| next(e.outer))
    }
}

/// The entries that a source keeps: a list through them. Everything here is under the source's lock.
#[derive(Debug)]
pub struct Entries {
    first: Cell<*const Entry>,
}

impl Default for Entries {
    fn default() -> Self {
        Entries::new()
    }
}

impl Entries {
    /// None.
    pub fn new() -> Entries {
        Entries {
            first: Cell::new(ptr::null()),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.first.get().is_null()
    }

    /// Keeps `entry`.
    ///
    /// # Safety
    /// 1. The caller holds the source's lock.
    /// 2. The entry is in no list, and lives until it is [removed](Self::remove) or
    ///    [cut](Self::cut_all) under that lock: it is what [`Source::list`] was given.
    pub unsafe fn add(&self, entry: &Entry) {
        let first = self.first.replace(entry);
        entry.next.set(first);
        entry.prev.set(ptr::null());
        // SAFETY: entries in the list live (duty 2 of whoever added it).
        if let Some(first) = unsafe { first.as_ref() } {
            first.prev.set(entry);
        }
    }

    /// Forgets `entry`.
    ///
    /// # Safety
    /// 1. The caller holds the source's lock.
    /// 2. The entry was added here, and has been neither removed nor cut.
    pub unsafe fn remove(&self, entry: &Entry) {
        let (prev, next) = (entry.prev.get(), entry.next.get());
        // SAFETY: entries in the list live.
        match unsafe { prev.as_ref() } {
            Some(prev) => prev.next.set(next),
            None => self.first.set(next),
        }
        // SAFETY: as above.
        if let Some(next) = unsafe { next.as_ref() } {
            next.prev.set(prev);
        }
    }

    /// The source has ended: cuts all, and forgets them.
    ///
    /// # Safety
    /// 1. The caller holds the source's lock, and will add none any more.
    pub unsafe fn cut_all(&self) {
        let mut next = self.first.replace(ptr::null());
        // SAFETY: entries in the list live until their owners have had the source's lock.
        while let Some(entry) = unsafe { next.as_ref() } {
            next = entry.next.get();
            // SAFETY: 1. it was listed, and the lock is held.
            unsafe { entry.cut() };
        }
    }
}
