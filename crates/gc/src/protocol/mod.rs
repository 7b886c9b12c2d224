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

/// One step of waiting for another thread that is about to be done: for some microseconds in user
/// space, since operations last nanoseconds and a yield on a busy machine takes milliseconds; then by
/// giving the processor away, for it may have been descheduled; then in short sleeps.
pub(crate) fn pause(patience: &mut u32) {
    *patience = patience.saturating_add(1);
    #[cfg(not(loom))]
    if *patience > 1500 {
        return std::thread::sleep(std::time::Duration::from_micros(50));
    }
    if cfg!(loom) || *patience > 1000 {
        gompa_park::sync::thread::yield_now();
    } else {
        gompa_park::sync::spin_loop();
    }
}
