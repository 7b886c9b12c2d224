//! The frame of every operation: what a carrier says of itself, and what it is told.
//!
//! ```text
//!   carrier                          collector
//!   busy = 1                         ctl = v            (for every carrier)
//!   light fence                      heavy fence
//!   c = ctl                          wait until busy == 0, then until pins == 0
//!   ... the operation ...
//!   busy = 0 (release)
//! ```
//! Either the carrier's fence comes first, and the collector sees that it is busy and waits; or the
//! collector's does, and the carrier sees `v`. So after the wait every operation, in progress or to
//! come, has seen `v`.
//!
//! Operations do not nest, so `busy` is a flag: constants are stored, and no operation waits for
//! the last one's store to come back. Pins are counted apart. One is opened inside an operation and
//! looked at after it: the collector that finds `busy` clear finds the pin.

use super::phase::Ctl;
use gompa_park::barrier;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicU32, AtomicU64};

/// See the [module](self). A cache line that the carrier writes all the time and the collector a few
/// times a cycle.
pub(crate) struct Frame {
    /// 1 while an operation is open here. Written by the carrier alone.
    busy: AtomicU32,
    /// Pins that are open here. As above.
    pins: AtomicU32,
    /// A [`Ctl`]. Written by the collector.
    ctl: AtomicU64,
}

impl Frame {
    #[cfg(not(loom))]
    pub(crate) const fn new(ctl: Ctl) -> Frame {
        Frame {
            busy: AtomicU32::new(0),
            pins: AtomicU32::new(0),
            ctl: AtomicU64::new(ctl.bits()),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(ctl: Ctl) -> Frame {
        Frame {
            busy: AtomicU32::new(0),
            pins: AtomicU32::new(0),
            ctl: AtomicU64::new(ctl.bits()),
        }
    }

    /// The carrier: an operation begins. What it is told must be read after this.
    #[inline(always)]
    pub(crate) fn enter(&self) {
        self.busy.store(1, Relaxed);
        barrier::light();
    }

    /// The carrier: it has ended.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        self.busy.store(0, Release);
    }

    /// The carrier, in an operation: a pin is open from now on.
    #[inline(always)]
    pub(crate) fn pin(&self) {
        self.pins.store(self.pins.load(Relaxed) + 1, Relaxed);
    }

    /// The carrier: `n` pins less.
    #[inline(always)]
    pub(crate) fn unpin(&self, n: u32) {
        self.pins.store(self.pins.load(Relaxed) - n, Release);
    }

    /// The carrier: whether an operation is open.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy.load(Relaxed) != 0
    }

    /// The carrier, in an operation: what it is told.
    #[inline(always)]
    pub(crate) fn ctl(&self) -> Ctl {
        Ctl::from_bits(self.ctl.load(Acquire))
    }

    /// The collector: from now on this is so. A heavy fence and waiting follow.
    pub(crate) fn announce(&self, ctl: Ctl) {
        self.ctl.store(ctl.bits(), Release);
    }

    /// The collector, after a heavy fence: no operation is open that began before it, and no pin.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy.load(Acquire) == 0 && !self.is_pinned()
    }

    /// The collector: whether a pin is open.
    pub(crate) fn is_pinned(&self) -> bool {
        self.pins.load(Acquire) != 0
    }
}
