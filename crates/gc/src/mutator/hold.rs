//! Holding everybody up, for a look at the whole heap. Only for who asks for one: a cycle needs no
//! such thing.
//!
//! It is put on before an announcement. Whoever begins an operation after that meets the announcement
//! and waits here, outside of any operation; once the handshake is over, nothing in the heap changes
//! and no slot is taken until the hold is let go. Code that only reads goes on.

use crate::protocol::pause;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

static ON: AtomicBool = AtomicBool::new(false);

/// Lets go when dropped.
pub(crate) struct Hold(());

impl Hold {
    /// By the one who drives cycles, in front of an announcement.
    pub(crate) fn on() -> Hold {
        // Published by the announcement.
        ON.store(true, Relaxed);
        Hold(())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        ON.store(false, Release);
    }
}

/// In an operation that has met an announcement.
#[inline]
pub(super) fn is_on() -> bool {
    ON.load(Relaxed)
}

/// Outside of any operation: waits until nobody is held.
#[cold]
pub(super) fn wait() {
    let mut patience = 0;
    while ON.load(Acquire) {
        pause(&mut patience);
    }
}
