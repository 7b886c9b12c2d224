//! 10 million integers, appended one by one to what is empty: a slice, a `GrowVec`, and a `Vec`
//! beside them.

use crate::fresh::{self, value};
use crate::process;
use crate::result::report;
use crate::setup::Setup;
use gompa::slice::{GrowVec, Slice};
use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

const APPENDS: u64 = 10_000_000;
const RUNS: u32 = 3;
const MIB: f64 = (1 << 20) as f64;

/// How the metrics end, and how so many are appended.
type Kind = (&'static str, fn(u64) -> Appended);

const KINDS: [Kind; 3] = [
    ("", append::<Slice<i64>>),
    ("_growvec", append::<GrowVec<i64>>),
    ("_vec", append::<Vec<i64>>),
];

/// Nanoseconds an append; and in fresh processes, the memory that was resident at most, and the
/// room that there is in the end.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    let (name, appends) = ("slice_append", setup.scaled(APPENDS));
    if let (true, Some(kind)) = (setup.child, setup.size) {
        let (_, append) = KINDS[kind as usize];
        let room = setup.enter(move || append(appends).room);
        value("peak_mib", process::peak_resident_mib()?);
        value("room_mib", (room * size_of::<i64>()) as f64 / MIB);
        return Ok(());
    }
    let reps = setup.reps;
    let took = setup.enter(move || by_turns(appends, reps));
    for ((kind, _), took) in KINDS.iter().zip(&took) {
        report(setup, name, &format!("ns_per_append{kind}"), took, "ns");
    }
    for (number, (kind, _)) in KINDS.iter().enumerate() {
        let values = fresh::children(RUNS, &["-n", &number.to_string()])?;
        for figure in ["peak_mib", "room_mib"] {
            let metric = format!("{figure}{kind}");
            report(setup, name, &metric, &values[figure], "MiB");
        }
    }
    Ok(())
}

/// Nanoseconds an append, a list a kind. In turns, so that none has the machine at a better time.
fn by_turns(appends: u64, reps: u32) -> [Vec<f64>; KINDS.len()] {
    let mut took = KINDS.map(|_| Vec::new());
    for rep in 0..=reps {
        for ((_, append), took) in KINDS.iter().zip(&mut took) {
            let ns = append(appends).took.as_nanos() as f64 / appends as f64;
            // The first round is to warm up.
            if rep > 0 {
                took.push(ns);
            }
        }
    }
    took
}

/// What came of it.
struct Appended {
    took: Duration,
    /// Elements there is room for.
    room: usize,
}

trait Append: Default {
    fn append(&mut self, value: i64);
    fn room(&self) -> usize;
}

/// Without freeing what was made.
fn append<A: Append>(appends: u64) -> Appended {
    let begun = Instant::now();
    let mut all = A::default();
    for i in 0..appends as i64 {
        all.append(black_box(i));
    }
    let took = begun.elapsed();
    let room = black_box(&all).room();
    Appended { took, room }
}

impl Append for Slice<i64> {
    #[inline(always)]
    fn append(&mut self, value: i64) {
        self.push(value);
    }

    fn room(&self) -> usize {
        self.cap()
    }
}

impl Append for GrowVec<i64> {
    #[inline(always)]
    fn append(&mut self, value: i64) {
        self.push(value);
    }

    fn room(&self) -> usize {
        self.capacity()
    }
}

impl Append for Vec<i64> {
    #[inline(always)]
    fn append(&mut self, value: i64) {
        self.push(value);
    }

    fn room(&self) -> usize {
        self.capacity()
    }
}
