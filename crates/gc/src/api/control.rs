//! Turning the collector's knobs.

use crate::cycle::{self, pacer, request};
use crate::heap::pages;
use crate::mutator::current;

/// Runs a whole cycle and waits until it is over, its sweep included. Destructors and cleanups of
/// what it found run soon after. Go's `runtime.GC`.
///
/// # Panics
/// Inside a pin: the cycle would wait for its end.
pub fn collect() {
    assert!(
        !current::is_pinned(),
        "collect() inside a pin: the cycle would wait for the pin's end"
    );
    cycle::start();
    request::whole_cycle();
}

/// Sets how much the heap may grow, in percent of what was live after the last cycle, before the
/// next one should be over; below 0: never. Returns what was set before. At first it is what the
/// environment variable `GOGC` says, else 100. Go's `debug.SetGCPercent`.
pub fn set_percent(percent: i32) -> i32 {
    cycle::start();
    pacer::set_percent(percent)
}

/// Sets a limit on the memory of the heap, in bytes, that lowers its goal; `u64::MAX` or anything
/// above `i64::MAX` means none. Returns what was set before, at first what the environment variable
/// `GOMEMLIMIT` says. A heap that is larger than that stays: the limit is soft. Go's
/// `debug.SetMemoryLimit`.
pub fn set_memory_limit(bytes: u64) -> u64 {
    cycle::start();
    pacer::set_limit(Some(bytes.min(i64::MAX as u64)))
}

/// Runs a cycle, then gives all free memory back to the system. Go's `debug.FreeOSMemory`.
///
/// # Panics
/// As [`collect`].
pub fn free_os_memory() {
    collect();
    pages::release(0);
}
