//! Holding everybody up, for a look at the whole heap. Only for who asks for one: a cycle needs no
//! such thing.
//!
//! ```text
//!   FREE -> GATHER -> HELD -> FREE
//!              `---> GIVEN_UP -> FREE
//! ```
//! It begins before an announcement. Whoever begins an operation after that meets the announcement
//! and waits here, outside of any operation; once the handshake is over, nothing in the heap changes
//! and no slot is taken until the hold is let go. Code that only reads goes on.
//!
//! The handshake waits for pins, and a pin may wait for somebody who is held here: a lock, say. So
//! whoever has been held for long before the handshake was over calls it off.

use crate::cycle::driver::{self, Step};
use crate::protocol::pause;
use gompa_park::time;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

const FREE: u8 = 0;
const GATHER: u8 = 1;
const HELD: u8 = 2;
const GIVEN_UP: u8 = 3;

static STATE: AtomicU8 = AtomicU8::new(FREE);

/// How long a handshake may hold somebody up, in nanoseconds.
const PATIENCE: u64 = 2_000_000_000;

/// Lets go when dropped.
pub(crate) struct Hold(());

impl Hold {
    /// By the one who drives cycles, in front of an announcement, which publishes it.
    pub(crate) fn on() -> Hold {
        STATE.store(GATHER, Relaxed);
        Hold(())
    }

    /// The handshake is over: whether everybody is held until this is dropped.
    pub(crate) fn is_complete(&self) -> bool {
        let was = STATE.compare_exchange(GATHER, HELD, AcqRel, Acquire);
        was.is_ok_and(|was| was == GATHER)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        STATE.store(FREE, Release);
    }
}

/// In an operation that has met an announcement.
#[inline]
pub(super) fn is_on() -> bool {
    matches!(STATE.load(Relaxed), GATHER | HELD)
}

/// Outside of any operation: waits until nobody is held, and helps the cycle on.
#[cold]
pub(super) fn wait() {
    let began = time::now();
    let mut patience = 0;
    loop {
        match STATE.load(Acquire) {
            FREE | GIVEN_UP => return,
            GATHER if time::now() - began > PATIENCE => {
                let _ = STATE.compare_exchange(GATHER, GIVEN_UP, AcqRel, Relaxed);
            }
            _ if driver::try_step() == Some(Step::Moved) => {}
            _ => pause(&mut patience),
        }
    }
}
