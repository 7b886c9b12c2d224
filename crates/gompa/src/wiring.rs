//! What the crates of the workspace do not know of each other.

use gompa_insight::profile::{Allocated, HeapSample, provide_heap};
use std::num::NonZero;
use std::sync::OnceLock;
use std::thread::available_parallelism;

/// Before `main`: a collector's cycle ages the pools of `sync`, as many processors as goroutines have
/// are the collector's measure, and the collected heap has a profile.
extern "C" fn wire() {
    let mut hooks = gompa_gc::hooks::Hooks::default();
    hooks.after_cycle = gompa_sync::pool::cycle;
    hooks.procs = procs;
    // False if the program has installed some of its own, earlier still.
    let _ = gompa_gc::hooks::install(hooks);
    provide_heap(heap_sample);
}

/// What the collector has sampled, scaled up to what there really was.
fn heap_sample(collect_first: bool) -> HeapSample {
    if collect_first {
        gompa_gc::collect();
    }
    let profile = gompa_gc::heap_profile().scaled();
    HeapSample {
        rate: profile.rate,
        records: profile
            .records
            .iter()
            .map(|r| Allocated {
                site: r.site,
                type_name: r.type_name,
                size: r.size,
                allocated: r.allocated_objects,
                in_use: r.in_use_objects,
            })
            .collect(),
    }
}

/// GOMAXPROCS where goroutines run, else what the machine has.
fn procs() -> usize {
    static MACHINE: OnceLock<usize> = OnceLock::new();
    match gompa_sched::current() {
        Some(_) => gompa_sched::gomaxprocs(0),
        None => *MACHINE.get_or_init(|| available_parallelism().map_or(1, NonZero::get)),
    }
}

// SAFETY: the section is an array of such functions, which the C library calls before `main`, on
// the main thread; this one stores function pointers and needs nothing that is not there yet.
#[used]
#[unsafe(link_section = ".init_array")]
static WIRE: extern "C" fn() = wire;
