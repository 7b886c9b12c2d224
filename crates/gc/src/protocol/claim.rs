//! Who scans a mutator: itself or the collector, once a cycle.
//!
//! ```text
//!   2n     scanned in cycle n (or before it had anything to scan)
//!   2n+1   somebody scans it for cycle n+1
//! ```
//! The claim also keeps the mutator's scopes where they are while they are read: whoever loses it
//! waits until the scan is over.

use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Release};

pub(crate) struct Claim(AtomicU64);

impl Claim {
    /// Nothing was ever scanned.
    pub(crate) fn new() -> Claim {
        Claim(AtomicU64::new(0))
    }

    /// Whether it has been scanned in `cycle`.
    #[inline]
    pub(crate) fn is_done(&self, cycle: u64) -> bool {
        self.0.load(Acquire) >= 2 * cycle
    }

    /// Makes the scan for `cycle` the caller's, who then calls [`finish`](Self::finish). False if it
    /// is done or somebody else is at it.
    pub(crate) fn take(&self, cycle: u64) -> bool {
        let now = self.0.load(Acquire);
        let free = now.is_multiple_of(2) && now < 2 * cycle;
        let mine = 2 * cycle - 1;
        free && self.0.compare_exchange(now, mine, AcqRel, Acquire).is_ok()
    }

    /// Whoever took it: the scan for `cycle` is done.
    pub(crate) fn finish(&self, cycle: u64) {
        self.0.store(2 * cycle, Release);
    }

    /// Waits until the scan for `cycle`, which another one took, is done.
    pub(crate) fn wait(&self, cycle: u64) {
        let mut patience = 0;
        while !self.is_done(cycle) {
            super::pause(&mut patience);
        }
    }
}
