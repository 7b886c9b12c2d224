//! Metrics in Prometheus' text format: names and units by its conventions, all with the prefix
//! `gompa_` but for those of the process.
//!
//! - [`text`]: the format.
//! - [`heap`]: whoever has a collected heap.
//! - [`sched`]: the scheduler's. [`process`]: the process'.

mod heap;
mod process;
mod sched;
mod text;

pub use heap::{Heap, heap, provide_heap};
pub use process::resident_bytes;
pub use text::{Kind, Page};

use crate::stall;

/// The content type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// All metrics of the runtime of the code that runs here (on a plain thread: of the process-wide one).
/// Every goroutine is looked at, some tens of nanoseconds each; none is stopped.
pub fn text() -> String {
    let mut page = Page::default();
    sched::add(&mut page);
    let stalls = stall::totals();
    page.counter(
        "gompa_stalls_total",
        "Goroutines that held their thread for more than 10 ms, undeclared, while it was taken.",
        stalls.count,
    );
    page.counter(
        "gompa_stall_seconds_total",
        "Time in such stalls.",
        seconds(stalls.nanos),
    );
    if let Some(heap) = heap() {
        add_heap(&mut page, &heap);
    }
    process::add(&mut page);
    page.into_text()
}

fn seconds(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

fn add_heap(page: &mut Page, heap: &Heap) {
    let gauges = [
        (
            "gompa_gc_heap_live_bytes",
            "Allocated in the collected heap and not found dead.",
            heap.alive,
        ),
        (
            "gompa_gc_heap_goal_bytes",
            "Where the next cycle should be over.",
            heap.goal,
        ),
        (
            "gompa_gc_heap_inuse_bytes",
            "Memory of the collected heap in use.",
            heap.in_use,
        ),
        (
            "gompa_gc_heap_idle_bytes",
            "Memory of the collected heap that is free and was not given back.",
            heap.idle,
        ),
    ];
    for (name, help, value) in gauges {
        page.gauge(name, help, value);
    }
    let counters = [
        (
            "gompa_gc_allocated_bytes_total",
            "Ever allocated in the collected heap.",
            heap.allocated,
        ),
        (
            "gompa_gc_allocated_objects_total",
            "Objects ever allocated in the collected heap.",
            heap.objects,
        ),
        (
            "gompa_gc_cycles_total",
            "Cycles of the collector that are over.",
            heap.cycles,
        ),
        (
            "gompa_gc_forced_cycles_total",
            "Those that were asked for.",
            heap.forced,
        ),
        (
            "gompa_gc_cleanups_total",
            "Destructors, cleanups and finalizers that have run.",
            heap.cleanups,
        ),
    ];
    for (name, help, value) in counters {
        page.counter(name, help, value);
    }
    page.counter(
        "gompa_gc_marking_seconds_total",
        "Time the collector has marked.",
        seconds(heap.marking),
    );
    page.counter(
        "gompa_gc_assist_seconds_total",
        "Time mutators have helped it or waited.",
        seconds(heap.assists),
    );
}
