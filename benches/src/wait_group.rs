//! Go's `sync.WaitGroup` as far as the workloads need it: a counter and one waiter.

use gompa::chan::{self, Chan};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Waits until as many have called [`done`](Self::done) as were announced.
pub struct WaitGroup {
    /// Goroutines still expected. The one that brings it to zero sends on `ended`.
    left: AtomicUsize,
    /// Room for the one message, so that the last goroutine never waits for the waiter.
    ended: Chan<()>,
}

impl WaitGroup {
    /// A group that lives as long as the process, so that a goroutine captures one pointer and
    /// counts no references; so do the peers.
    pub fn leak() -> &'static WaitGroup {
        Box::leak(Box::new(WaitGroup {
            left: AtomicUsize::new(0),
            ended: chan::make(1),
        }))
    }

    /// Announces `n` more, before they start; `n` is not zero.
    pub fn add(&self, n: usize) {
        self.left.fetch_add(n, Ordering::Relaxed);
    }

    /// One has ended.
    pub fn done(&self) {
        // Release what this goroutine did, acquire what the others did, for the waiter.
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.ended.send(());
        }
    }

    /// Waits for those that were announced; the group can be used again afterwards.
    pub fn wait(&self) {
        self.ended.recv();
    }
}
