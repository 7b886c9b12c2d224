//! Maps: the workloads of the table in `docs/hmap.md`, for ours and for others, a contender a process.
//!
//! ```text
//! map CONTENDER            prints RESULT lines of all workloads, as benches/go/map.go does
//! map CONTENDER latency N  times each insertion on the way to N entries and each removal on the way
//!                          back; prints HIST lines: how many took so long. As `nothing` it times
//!                          steps that do nothing
//! map CONTENDER bytes N    resident bytes an entry on the way to N, least and most
//! map CONTENDER collide    prints RESULT lines for keys that all have the same hash
//! map report DIR DOC SVG   makes the tables and the picture of what lies in DIR
//! ```
//! `benches/maps.sh` runs all of it. `N=...` in the environment makes the maps smaller, `REPS=...` the
//! repetitions fewer, `ONLY=...` chooses workloads.

mod contender;
mod latency;
mod plot;
mod report;
mod workloads;

use contender::{Ints, Strings};
use std::collections::HashMap;
use std::{env, process};

/// What is told by the environment.
pub struct Setup {
    contender: String,
    entries: usize,
    repetitions: usize,
    only: String,
}

impl Setup {
    fn of(contender: &str) -> Self {
        let number = |name, default| {
            let text = env::var(name).ok();
            text.map_or(default, |text| text.parse().expect("a number"))
        };
        Setup {
            contender: contender.to_owned(),
            entries: number("N", 8_000_000),
            repetitions: number("REPS", 3),
            only: env::var("ONLY").unwrap_or_default(),
        }
    }
}

fn run<M: Ints, T: Strings>(setup: &Setup, what: &[String]) {
    match what {
        [] => {
            workloads::ints::<M>(setup);
            workloads::strings::<T>(setup);
        }
        [what, n] if what == "latency" => {
            latency::latency::<M>(setup, n.parse().expect("a number"))
        }
        [what, n] if what == "bytes" => latency::bytes::<M>(setup, n.parse().expect("a number")),
        _ => fail("what to do?"),
    }
}

fn fail(why: &str) -> ! {
    eprintln!("{why}; see the head of benches/benches/map/main.rs");
    process::exit(64);
}

fn main() {
    // Cargo adds an option of its own.
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let Some((contender, what)) = args.split_first() else {
        fail("who?");
    };
    if let ("report", [dir, doc, svg]) = (contender.as_str(), what) {
        return report::write(dir.as_ref(), doc.as_ref(), svg.as_ref());
    }
    let setup = Setup::of(contender);
    if let ("nothing", [what, n]) = (contender.as_str(), what)
        && what == "latency"
    {
        return latency::nothing(&setup, n.parse().expect("a number"));
    }
    if what == ["collide"] {
        use workloads::{AllSame, colliding};
        return match contender.as_str() {
            "gompa" => colliding::<gompa_hmap::HMap<u64, u64, AllSame>>(&setup),
            "hashbrown" => colliding::<hashbrown::HashMap<u64, u64, AllSame>>(&setup),
            _ => fail("no such contender"),
        };
    }
    type Ahash = ahash::RandomState;
    type Foldhash = hashbrown::DefaultHashBuilder;
    macro_rules! maps {
        ($($map:ident)::+, $hasher:ty) => {
            run::<$($map)::+<u64, u64, $hasher>, $($map)::+<String, u64, $hasher>>(&setup, what)
        };
    }
    match contender.as_str() {
        "gompa" => maps!(gompa_hmap::HMap, Ahash),
        "gompa+siphash" => maps!(gompa_hmap::HMap, std::hash::RandomState),
        "hashbrown" => maps!(hashbrown::HashMap, Foldhash),
        "hashbrown+ahash" => maps!(hashbrown::HashMap, Ahash),
        "std+ahash" => maps!(HashMap, Ahash),
        "griddle" => maps!(griddle::HashMap, Ahash),
        "indexmap" => maps!(indexmap::IndexMap, Ahash),
        _ => fail("no such contender"),
    }
}
