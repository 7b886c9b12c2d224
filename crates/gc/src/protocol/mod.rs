//! What mutators and the collector agree on, each piece small enough for a model: who is in an
//! operation ([`frame`]), what phase it is ([`phase`]), what was shaded ([`log`]), who scans a
//! mutator ([`claim`]), what is grey ([`pool`]).
//!
//! The protocol as a whole is in `README.md` beside this file.

pub(crate) mod claim;
pub(crate) mod frame;
pub(crate) mod log;
pub(crate) mod phase;
pub(crate) mod pool;

#[cfg(all(loom, test))]
mod models;

/// One step of waiting for another thread that is about to be done: at first in user space, then by
/// giving the processor away, for it may have been descheduled.
pub(crate) fn pause(patience: &mut u32) {
    *patience += 1;
    if cfg!(loom) || *patience > 64 {
        gompa_park::sync::thread::yield_now();
    } else {
        gompa_park::sync::spin_loop();
    }
}
