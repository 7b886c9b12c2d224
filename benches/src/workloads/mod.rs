//! The workloads, one a file. Each has `run`, which measures and prints RESULT lines; the same
//! work in other languages and runtimes makes their figures comparable.
//!
//! A new workload is a file here and an entry in [`ALL`]; command line and `all` follow from it.

mod blockers;
mod ctx_cancel;
mod ctx_value;
pub mod echo;
mod fairness;
mod gcpause;
mod map;
mod mpmc;
mod mpsc1k;
mod parked;
mod pingpong;
mod queue;
mod select4;
mod skynet;
mod slice_append;
mod spawn;
mod spsc;
mod timers;
mod trees;
mod yielding;

use crate::setup::Setup;
use std::error::Error;

/// One workload.
pub struct Workload {
    /// Its name on the command line and in RESULT lines.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// The numbers of Ps that `all` runs it with.
    pub procs: &'static [u16],
    /// Whether `all` also runs it without own thread-locals.
    pub carrier_tls: bool,
    /// Measures and prints.
    pub run: fn(&Setup) -> Result<(), Box<dyn Error>>,
}

/// All of them, in the order of the tables.
pub const ALL: &[Workload] = &[
    Workload {
        name: "spawn",
        about: "A million goroutines that do nothing, waited for in batches of 10 000",
        procs: &[1, 2],
        carrier_tls: true,
        run: spawn::run,
    },
    Workload {
        name: "yield",
        about: "100 goroutines yield 10 000 times each",
        procs: &[1, 2],
        carrier_tls: true,
        run: yielding::run,
    },
    Workload {
        name: "pingpong",
        about: "Two goroutines bounce an integer over two unbuffered channels",
        procs: &[1, 2],
        carrier_tls: true,
        run: pingpong::run,
    },
    Workload {
        name: "spsc",
        about: "One producer, one consumer, capacity 128",
        procs: &[1, 2],
        carrier_tls: false,
        run: spsc::run,
    },
    Workload {
        name: "mpmc",
        about: "Four producers, four consumers, capacity 128",
        procs: &[2],
        carrier_tls: false,
        run: mpmc::run,
    },
    Workload {
        name: "mpsc1k",
        about: "A thousand producers, one consumer, capacity 128",
        procs: &[2],
        carrier_tls: false,
        run: mpsc1k::run,
    },
    Workload {
        name: "select4",
        about: "Four producers on unbuffered channels, one consumer selects over them",
        procs: &[2],
        carrier_tls: false,
        run: select4::run,
    },
    Workload {
        name: "skynet",
        about: "A 10-ary tree of goroutines with a million leaves, summed over channels",
        procs: &[2],
        carrier_tls: false,
        run: skynet::run,
    },
    Workload {
        name: "parked",
        about: "Resident bytes a goroutine, with 100 000 and a million of them parked",
        procs: &[2],
        carrier_tls: false,
        run: parked::run,
    },
    Workload {
        name: "timers",
        about: "A million goroutines sleep up to a second each",
        procs: &[2],
        carrier_tls: false,
        run: timers::run,
    },
    Workload {
        name: "fairness",
        about: "How late a ticker wakes beside four hot loops",
        procs: &[2],
        carrier_tls: false,
        run: fairness::run,
    },
    Workload {
        name: "blockers",
        about: "64 goroutines block their threads without telling; a ticker goes on",
        procs: &[2],
        carrier_tls: false,
        run: blockers::run,
    },
    Workload {
        name: "ctx_cancel",
        about: "A context with 11 000 descendants is made and cancelled",
        procs: &[2],
        carrier_tls: false,
        run: ctx_cancel::run,
    },
    Workload {
        name: "ctx_value",
        about: "A value is looked up through ten contexts",
        procs: &[2],
        carrier_tls: false,
        run: ctx_value::run,
    },
    Workload {
        name: "slice_append",
        about: "10 million integers appended one by one to an empty slice",
        procs: &[1],
        carrier_tls: false,
        run: slice_append::run,
    },
    Workload {
        name: "echo",
        about: "A TCP echo server, a goroutine a connection, under a neutral load",
        procs: &[2],
        carrier_tls: false,
        run: echo::run,
    },
    Workload {
        name: "map_insert",
        about: "Eight million keys into an empty map, and the worst single insertion",
        procs: &[1],
        carrier_tls: false,
        run: map::insert::run,
    },
    Workload {
        name: "map_hit",
        about: "Looking up what is there, in a map of eight million and of a thousand",
        procs: &[1],
        carrier_tls: false,
        run: map::look_up::hit,
    },
    Workload {
        name: "map_miss",
        about: "Looking up what is not there",
        procs: &[1],
        carrier_tls: false,
        run: map::look_up::miss,
    },
    Workload {
        name: "map_delete",
        about: "Deleting all of eight million, and the worst single deletion",
        procs: &[1],
        carrier_tls: false,
        run: map::delete::run,
    },
    Workload {
        name: "map_iter",
        about: "Iterating over eight million",
        procs: &[1],
        carrier_tls: false,
        run: map::iter::run,
    },
    Workload {
        name: "map_str",
        about: "A million keys of sixteen bytes: insertion and look-up",
        procs: &[1],
        carrier_tls: false,
        run: map::strings::run,
    },
    Workload {
        name: "trees",
        about: "Binary trees of depth 18 and 20, made and counted and let go",
        procs: &[1],
        carrier_tls: false,
        run: trees::run,
    },
    Workload {
        name: "gcpause",
        about: "A live heap of a gibibyte; two goroutines replace sub-trees, each one timed",
        procs: &[2],
        carrier_tls: false,
        run: gcpause::run,
    },
];

/// The workload of that name.
pub fn find(name: &str) -> Option<&'static Workload> {
    ALL.iter().find(|w| w.name == name)
}
