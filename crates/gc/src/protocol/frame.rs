//! The frame of every operation: what a carrier says of itself, and what it is told.
//!
//! ```text
//!   carrier                          collector
//!   busy += 1                        ctl = v            (for every carrier)
//!   light fence                      heavy fence
//!   c = ctl                          wait until busy == 0
//!   ... the operation ...
//!   busy -= 1 (release)
//! ```
//! Either the carrier's fence comes first, and the collector sees that it is busy and waits; or the
//! collector's does, and the carrier sees `v`. So after the wait every operation, in progress or to
//! come, has seen `v`.

use super::phase::Ctl;
use gompa_park::barrier;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicU32, AtomicU64};

/// See the [module](self). A cache line that the carrier writes all the time and the collector a few
/// times a cycle.
pub(crate) struct Frame {
    /// Operations and pins that are open here. Written by the carrier alone.
    busy: AtomicU32,
    /// A [`Ctl`]. Written by the collector.
    ctl: AtomicU64,
}

impl Frame {
    #[cfg(not(loom))]
    pub(crate) const fn new(ctl: Ctl) -> Frame {
        Frame {
            busy: AtomicU32::new(0),
            ctl: AtomicU64::new(ctl.bits()),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(ctl: Ctl) -> Frame {
        Frame {
            busy: AtomicU32::new(0),
            ctl: AtomicU64::new(ctl.bits()),
        }
    }

    // Wrapping, because of the one frame that is nobody's: many store there at once.

    /// The carrier: an operation begins. What it is told must be read after this.
    #[inline(always)]
    pub(crate) fn enter(&self) {
        self.busy
            .store(self.busy.load(Relaxed).wrapping_add(1), Relaxed);
        barrier::light();
    }

    /// The carrier: it has ended.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        self.busy
            .store(self.busy.load(Relaxed).wrapping_sub(1), Release);
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

    /// The collector, after a heavy fence: no operation is open that began before it.
    pub(crate) fn is_idle(&self) -> bool {
        self.busy.load(Acquire) == 0
    }
}
