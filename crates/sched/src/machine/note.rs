//! Where one thread sleeps until another rings, once.

use gompa_park::futex;
use gompa_park::time::{self, NEVER, Nanos};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};

/// 0: quiet; 1: rung.
pub(crate) struct Note(AtomicU32);

impl Note {
    pub(crate) const fn new() -> Self {
        Note(AtomicU32::new(0))
    }

    /// The sleeper: until rung, or until `deadline`. True: rung, and quiet again.
    pub(crate) fn sleep(&self, deadline: Nanos) -> bool {
        loop {
            if self.0.swap(0, Acquire) == 1 {
                return true;
            }
            let left = match deadline {
                NEVER => None,
                at => match at.saturating_sub(time::now()) {
                    0 => return false,
                    left => Some(left),
                },
            };
            futex::wait(&self.0, 0, left);
        }
    }

    /// Anybody.
    pub(crate) fn ring(&self) {
        if self.0.swap(1, Release) == 0 {
            futex::wake(&self.0, 1);
        }
    }
}
