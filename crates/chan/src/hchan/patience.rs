//! A moment's wait for the other side of a ring, before parking.
//!
//! When two cores run the two sides of a buffered channel, parking on each empty (or full) ring
//! costs a wake-up for a few values. Waiting half a microsecond instead lets the other side do some
//! dozens. When one core runs both, or the other side is slow, waiting is a waste. Nobody tells which
//! it is, so each end of a ring remembers how its waits went: it goes on while they succeed, and
//! after two failures tries but one time in [`PROBE`].

use gompa_park::sync::atomic::AtomicU32;
use gompa_park::sync::atomic::Ordering::Relaxed;
use gompa_park::sync::spin_loop;

/// Pauses before each look at the other side. Few and long: a look takes the line away from it.
const LOOKS: [u32; 3] = [8, 16, 32];

/// One time in so many is tried where waiting has not helped.
const PROBE: u32 = 64;

/// How the waits of one end of a ring went. A hint: updates may be lost.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    /// Failures in a row, those included that were not tried.
    failures: AtomicU32,
}

impl Patience {
    /// Waits a moment for `ready`, if that is worth it; whether it came.
    #[cfg(not(loom))]
    #[inline(never)]
    pub(crate) fn wait(&self, ready: impl Fn() -> bool) -> bool {
        let failures = self.failures.load(Relaxed);
        if failures < 2 || failures.is_multiple_of(PROBE) {
            for pauses in LOOKS {
                (0..pauses).for_each(|_| spin_loop());
                if ready() {
                    self.failures.store(0, Relaxed);
                    return true;
                }
            }
        }
        self.failures.store(failures.wrapping_add(1), Relaxed);
        false
    }

    /// A model takes all ways anyhow.
    #[cfg(loom)]
    pub(crate) fn wait(&self, _ready: impl Fn() -> bool) -> bool {
        let _ = (&self.failures, Relaxed, spin_loop, LOOKS, PROBE);
        false
    }
}
