//! Turning the collector's knobs.

use crate::cycle::{self, background, pacer, quiet, request};
use crate::heap::pages;
use crate::mutator::current;
use std::io::{self, Write};

/// Runs a whole cycle, its sweep included; the caller takes part in it. Destructors and cleanups of
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
    background::drive_until(request::forced());
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
/// `GOMEMLIMIT` says. Go's `debug.SetMemoryLimit`.
///
/// The limit is soft: what is alive stays, and the collector takes no more than half of the
/// processors' time to keep to it. When that is not enough it gives the limit up for a while:
/// [`on_limit`](crate::on_limit) tells, [`MemStats::limits_given_up`](crate::MemStats::limits_given_up)
/// counts.
///
/// While neither this nor `GOMEMLIMIT` has been used, a memory limit of the process's cgroup counts:
/// nine tenths of it, without what the process uses apart from this heap. It is looked at again now
/// and then. (Go does not look at it.) `GOMEMLIMIT=off` switches that off.
pub fn set_memory_limit(bytes: u64) -> u64 {
    cycle::start();
    pacer::set_limit(bytes)
}

/// Sets a floor, in bytes: the heap may grow to that before a cycle needs to be over, whatever
/// [`set_percent`] says. 0, as at first, is none; a memory limit wins over it. Returns what was set
/// before. For programs with little alive and much garbage: what a ballast does in Go.
pub fn set_memory_floor(bytes: u64) -> u64 {
    cycle::start();
    pacer::set_floor(bytes)
}

/// Runs a cycle, then gives all free memory back to the system. Go's `debug.FreeOSMemory`.
///
/// # Panics
/// As [`collect`].
pub fn free_os_memory() {
    collect();
    pages::release(0, usize::MAX);
}

/// Runs a cycle, and writes down what it finds: what holds objects, the objects, their types and
/// pointers. For the curious, and for scripts. While the heap is looked at, everybody waits who has
/// anything to do with it; not while it is written. Go's `debug.WriteHeapDump`, in another form:
///
/// One JSON object a line. Addresses are strings, for not every reader of JSON knows numbers of 64
/// bits; they stay as long as the object does, since nothing is moved.
///
/// | line | of |
/// |---|---|
/// | `{"root":"scope","mutator":0,"to":"0x7f.."}` | a slot in a scope; `mutator` tells threads and goroutines apart |
/// | `{"root":"Root","to":"0x7f.."}` | a [`Root`](crate::Root) |
/// | `{"root":"finalizer","to":"0x7f.."}` | an object whose finalizer is about to run |
/// | `{"object":"0x7f..","type":"app::City","bytes":48,"to":["0x7f..",...]}` | an object that can be reached: its type, the bytes of its cell, and where its edges and fields point, in the order in which its type has them, without nil |
/// | `{"end":true,"roots":2,"objects":3,"bytes":96}` | the end: how many lines of each kind there were |
///
/// Objects come nearest first: those held by roots, then those they point to, and so on.
///
/// ```
/// use gompa_gc::{dump_heap, scope};
/// let mut text = Vec::new();
/// scope(|s| {
///     let answer = s.alloc(42u64);
///     dump_heap(&mut text).unwrap();
///     assert_eq!(*answer, 42);
/// });
/// assert!(String::from_utf8(text).unwrap().contains(r#""type":"u64","bytes":16,"to":[]"#));
/// ```
///
/// # Errors
/// What writing gives; and `TimedOut` if again and again somebody waits inside a pin for somebody that
/// would have to stand still.
///
/// # Panics
/// As [`collect`].
pub fn dump_heap(to: &mut impl Write) -> io::Result<()> {
    assert!(
        !current::is_pinned(),
        "dump_heap() inside a pin: the cycle would wait for the pin's end"
    );
    cycle::start();
    match quiet::wait_for_dump() {
        Some(text) => to.write_all(text.as_bytes()),
        None => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "a pin is open whose thread waits: for somebody that uses the heap, it seems",
        )),
    }
}
