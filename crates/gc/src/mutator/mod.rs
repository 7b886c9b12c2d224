//! Who uses the heap: [`Mutator`], a goroutine or thread with open scopes; [`Worker`], what each OS
//! thread keeps for those it carries; [`Op`], the frame of every operation.
//!
//! [`Worker`]: worker::Worker
//! [`Op`]: operation::Op

pub(crate) mod alloc;
pub(crate) mod cache;
pub(crate) mod current;
pub(crate) mod hold;
pub(crate) mod operation;
pub(crate) mod pin;
pub(crate) mod registry;
pub(crate) mod worker;

use crate::api::slots::Slots;
use crate::protocol::claim::Claim;
use crate::protocol::phase::Ctl;
use gompa_park::seat::Rider;
use std::cell::Cell;
use std::panic::Location;
use std::ptr::{NonNull, null};
use worker::Worker;

/// A goroutine or thread with open scopes. Records are never freed, and used again.
///
/// All but `scan` is its own code's; the collector reads `scopes` while it has claimed the scan.
#[repr(C)]
pub struct Mutator {
    /// First, so that its address is the mutator's.
    rider: Rider,
    /// The worker of the thread that carries it.
    worker: Cell<&'static Worker>,
    /// What it has acted upon.
    seen: Cell<Ctl>,
    /// Open pins.
    pins: Cell<u32>,
    /// A pin has been taken off its thread: it counts in [`pin::ADRIFT`].
    adrift: Cell<bool>,
    /// A wait was refused because of a pin.
    refused: Cell<bool>,
    /// It must pay when the pin is closed.
    owes: Cell<bool>,
    /// Where the outermost pin was opened.
    pinned_at: Cell<Option<&'static Location<'static>>>,
    /// The scopes that are open, linked.
    scopes: Cell<*const Slots>,
    /// How many.
    open: Cell<u32>,
    /// Who scans it.
    scan: Claim,
}

// SAFETY: the cells belong to the mutator's own code, and `scopes` to whoever has the claim, which
// synchronizes; a record is handed on through a lock.
unsafe impl Sync for Mutator {}
// SAFETY: as above.
unsafe impl Send for Mutator {}

impl Mutator {
    fn new() -> Mutator {
        Mutator {
            rider: current::RIDER,
            worker: Cell::new(&worker::NOWHERE),
            seen: Cell::new(Ctl::NONE),
            pins: Cell::new(0),
            adrift: Cell::new(false),
            refused: Cell::new(false),
            owes: Cell::new(false),
            pinned_at: Cell::new(None),
            scopes: Cell::new(null()),
            open: Cell::new(0),
            scan: Claim::new(),
        }
    }

    /// Calls `f` with each object in a slot.
    ///
    /// # Safety
    /// 1. The caller has claimed the scan.
    pub(crate) unsafe fn each_slot(&self, mut f: impl FnMut(usize)) {
        let mut scope = self.scopes.get();
        while let Some(slots) = NonNull::new(scope.cast_mut()) {
            // SAFETY: linked, hence open; its mutator neither closes nor changes it meanwhile (1).
            let slots = unsafe { slots.as_ref() };
            // SAFETY: (1).
            unsafe { slots.each(&mut f) };
            scope = slots.next.get();
        }
    }

    /// Takes or finishes the scan: the collector, for a mutator that has not done it itself.
    pub(crate) fn scan_for(&self, cycle: u64, f: impl FnMut(usize)) {
        if self.scan.take(cycle) {
            // SAFETY: claimed.
            unsafe { self.each_slot(f) };
            self.scan.finish(cycle);
        }
    }

    /// Its own code, which has nothing open on `slots` yet: the scope is there.
    #[inline(always)]
    pub(crate) fn link(&self, slots: &Slots) {
        let head = self.scopes.get();
        slots.next.set(head);
        slots.previous.set(null());
        // SAFETY: linked, hence open.
        if let Some(head) = unsafe { head.as_ref() } {
            head.previous.set(slots);
        }
        self.scopes.set(slots);
    }

    /// Its own code: the scope is no longer there.
    #[inline(always)]
    pub(crate) fn unlink(&self, slots: &Slots) {
        let (previous, next) = (slots.previous.get(), slots.next.get());
        // SAFETY: neighbours are linked, hence open.
        match unsafe { previous.as_ref() } {
            Some(previous) => previous.next.set(next),
            None => self.scopes.set(next),
        }
        // SAFETY: as above.
        if let Some(next) = unsafe { next.as_ref() } {
            next.previous.set(previous);
        }
    }
}
