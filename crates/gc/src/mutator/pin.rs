//! Pinned regions: handshakes wait for their end.
//!
//! A pin counts in `pins` of its thread (see `protocol::frame`). A goroutine that waits
//! inside one is refused (see [`gompa_park::seat`]); where it must leave its thread all the same (a
//! wait that was claimed already, a yield inside a library), the pin goes *adrift*: it counts in one
//! global number from then on. The collector looks at the threads first and at that number then, the
//! pin moves the other way round, so it is never missed.

use super::Mutator;
use crate::cycle::pay;
use gompa_park::barrier;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

/// Pins whose mutator has left its thread in them.
static ADRIFT: AtomicUsize = AtomicUsize::new(0);

/// The collector, after it has seen every thread idle.
pub(crate) fn none_adrift() -> bool {
    ADRIFT.load(Acquire) == 0
}

impl Mutator {
    /// Opens a pin.
    pub(crate) fn pin(&self, at: &'static Location<'static>) {
        // In an operation, which acts upon announcements unless in a pin already.
        let op = self.enter();
        let pins = self.pins.get();
        self.pins.set(pins + 1);
        if pins == 0 {
            self.pinned_at.set(Some(at));
        }
        // If it is adrift the first one counts elsewhere, and this one with it.
        if !self.adrift.get() {
            op.w.frame.pin();
        }
    }

    /// Closes the pin opened last.
    pub(crate) fn unpin(&self) {
        let pins = self.pins.get() - 1;
        self.pins.set(pins);
        if pins == 0 {
            self.pinned_at.set(None);
            self.refused.set(false);
        }
        if !self.adrift.get() {
            self.worker().frame.unpin(1);
        } else if pins == 0 {
            self.adrift.set(false);
            ADRIFT.fetch_sub(1, AcqRel);
        }
        if pins == 0 && self.owes.replace(false) && !std::thread::panicking() {
            pay::pay(self);
        }
    }

    /// Allocation in a pin cannot be made to wait; it is, at the pin's end.
    pub(super) fn owe(&self) {
        self.owes.set(true);
    }

    /// Lets the collector pass, if this is the only pin.
    pub(crate) fn repin(&self) {
        if self.pins.get() == 1 {
            let at = self.pinned_at.get().expect("a pin is open");
            self.unpin();
            self.pin(at);
        }
    }

    /// It leaves its thread.
    pub(super) fn cast_off(&self) {
        let pins = self.pins.get();
        if pins > 0 && !self.adrift.get() {
            self.adrift.set(true);
            ADRIFT.fetch_add(1, AcqRel);
            self.worker().frame.unpin(pins);
        }
    }

    /// Whether it may wait: not in a pin, except for what it was refused already (a wait that was
    /// claimed cannot be given up).
    pub(super) fn may_wait(&self) -> bool {
        self.pins.get() == 0 || self.refused.replace(true)
    }

    /// It has given a wait up.
    pub(super) fn gave_up(&self) {
        if self.refused.replace(false)
            && let Some(at) = self.pinned_at.get()
        {
            panic!("a goroutine must not wait inside a pin; this one was opened at {at}");
        }
    }

    /// Whether the pin has left its thread.
    pub(super) fn is_adrift(&self) -> bool {
        self.adrift.get()
    }

    pub(crate) fn is_pinned(&self) -> bool {
        self.pins.get() > 0
    }
}

/// Both sides' fences must be of one kind before anybody uses them.
pub(super) fn register() {
    barrier::register();
}
