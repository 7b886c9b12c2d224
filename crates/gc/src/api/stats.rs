//! What can be known about the heap.

use crate::cycle::{cleanup, governor, pacer, request, trace_line};
use crate::heap::pages;
use crate::mutator::registry;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The heap in numbers, as far as Go's `runtime.MemStats` applies. Bytes, unless said otherwise.
///
/// Memory is handed to threads in runs of cells, and counted when it is: `mallocs`, `total_alloc` and
/// `heap_alloc` are ahead of the program by a run a thread and type at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemStats {
    /// What is allocated and was not found dead.
    pub heap_alloc: u64,
    /// What was ever allocated in cells of up to 8 KiB.
    pub total_alloc: u64,
    /// Such cells ever allocated, in number.
    pub mallocs: u64,
    /// Memory in spans.
    pub heap_inuse: u64,
    /// Memory of free pages that was not given back to the system.
    pub heap_idle: u64,
    /// Address space that has been used so far.
    pub heap_sys: u64,
    /// Where the next cycle should be over.
    pub next_gc: u64,
    /// Cycles that are over, in number.
    pub num_gc: u64,
    /// Those among them that were asked for by [`collect`](crate::collect).
    pub num_forced_gc: u64,
    /// The memory limit that holds, be it set or the cgroup's; `i64::MAX` if there is none.
    pub memory_limit: u64,
    /// How often it was given up, because keeping to it would have taken more than half of the
    /// processors' time.
    pub limits_given_up: u64,
    /// Destructors, cleanups and finalizers that have run, in number.
    pub cleanups: u64,
    /// Those among them that panicked.
    pub cleanup_panics: u64,
}

/// Reads the counters; nobody is stopped for it, so they need not fit together exactly.
pub fn stats() -> MemStats {
    let sums = trace_line::sums();
    let workers = registry::workers();
    let (cleanups, cleanup_panics) = cleanup::counts();
    let inuse = pages::in_use() as u64;
    MemStats {
        heap_alloc: pacer::live(),
        total_alloc: workers.iter().map(|w| w.counts.bytes.load(Relaxed)).sum(),
        mallocs: workers.iter().map(|w| w.counts.cells.load(Relaxed)).sum(),
        heap_inuse: inuse,
        heap_idle: pages::idle() as u64,
        heap_sys: pages::ever_used() as u64,
        next_gc: pacer::goal(),
        num_gc: request::cycles(),
        num_forced_gc: sums.forced,
        memory_limit: pacer::limit(),
        limits_given_up: governor::given_up(),
        cleanups,
        cleanup_panics,
    }
}

/// The collector in numbers. No world is ever stopped, so unlike Go's there are no pauses to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcStats {
    /// Cycles that are over.
    pub num_gc: u64,
    /// When the last one ended, in nanoseconds since 1970; 0 if there was none.
    pub last_gc: u64,
    /// The time between the first handshake of each cycle and its last, summed up.
    pub marking: Duration,
    /// The time that mutators have spent helping and waiting.
    pub assists: Duration,
    /// Processor time of all that the collector has done, workers and mutators.
    pub cpu: Duration,
}

/// Reads them.
pub fn read_gc_stats() -> GcStats {
    let sums = trace_line::sums();
    let workers = registry::workers();
    let assists = workers.iter().map(|w| w.counts.assist.load(Relaxed)).sum();
    GcStats {
        num_gc: sums.cycles,
        last_gc: sums.last_end,
        marking: Duration::from_nanos(sums.marking),
        assists: Duration::from_nanos(assists),
        cpu: Duration::from_nanos(governor::spent()),
    }
}
