//! Goroutine ids: unique in the process, given out in batches, the main goroutine's is the lowest
//! of its runtime.

use std::num::NonZeroU64;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// A goroutine's number: unique among all goroutines the process ever has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GoroutineId(pub(crate) NonZeroU64);

impl GoroutineId {
    pub(crate) fn new(n: u64) -> Option<GoroutineId> {
        NonZeroU64::new(n).map(GoroutineId)
    }

    /// The number.
    pub fn as_u64(self) -> NonZeroU64 {
        self.0
    }
}

impl std::fmt::Display for GoroutineId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Ids a P takes at a time, as in Go.
pub(crate) const BATCH: u64 = 16;

/// The next `n` ids; the first is returned.
pub(crate) fn take(n: u64) -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(n, Relaxed)
}
