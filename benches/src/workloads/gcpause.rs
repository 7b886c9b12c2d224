//! A live heap of a gibibyte of small linked objects, while two goroutines replace random sub-trees;
//! each replacement is timed. With `--child -n 1` also a line for each 20 ms: heap, and worst replacement.

use crate::fresh::{self, value};
use crate::process;
use crate::result::report;
use crate::setup::Setup;
use gompa::gc::{self, Array, Field, Gc, Root, Scope, Trace};
use hdrhistogram::Histogram;
use std::error::Error;
use std::time::{Duration, Instant};

/// Runs at most: each takes a quarter of a minute.
const RUNS: u32 = 3;
const FANOUT: usize = 16;
/// Levels below a tree's root: 69 905 nodes.
const DEPTH: u32 = 4;
/// Trees: a gibibyte.
const TREES: u64 = 214;
const TASKS: u64 = 2;
const TIME: Duration = Duration::from_secs(10);
/// The level of a replaced sub-tree's root: 17 nodes are made anew.
const LEVEL: u32 = 3;

/// 64 bytes; an inner node's children are in an array of their own.
#[derive(Trace)]
struct Node<'gc> {
    kids: Option<Gc<'gc, Array<Field<'gc, Node<'gc>>>>>,
    payload: [u64; 7],
}

/// Go's peer uses the same generator.
struct Splitmix(u64);

impl Splitmix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}

fn grow<'s>(s: &'s Scope, depth: u32, rng: &mut Splitmix) -> Gc<'s, Node<'s>> {
    let mut payload = [0; 7];
    payload[0] = rng.next();
    if depth == 0 {
        return s.alloc(Node {
            kids: None,
            payload,
        });
    }
    s.nested(|n| {
        let kids = n.array(FANOUT, |_| Field::new(grow(n, depth - 1, rng)));
        s.alloc(Node {
            kids: Some(kids),
            payload,
        })
    })
}

/// Throughput, latencies and memory, in fresh processes.
pub fn run(setup: &Setup) -> Result<(), Box<dyn Error>> {
    if setup.child {
        return child(setup);
    }
    let values = fresh::children(RUNS.min(setup.reps), &[])?;
    let say = |metric: &str, unit: &str| report(setup, "gcpause", metric, &values[metric], unit);
    say("mutations_per_s", "1/s");
    for metric in ["p50_us", "p99_us", "p99.9_us", "p99.99_us", "max_us"] {
        say(metric, "us");
    }
    say("gc_cycles", "cycles");
    say("cpu_s", "s");
    say("live_heap", "MiB");
    say("peak_rss", "MiB");
    Ok(())
}

fn child(setup: &Setup) -> Result<(), Box<dyn Error>> {
    const { assert!(size_of::<Node<'_>>() == 64) };
    let trees = setup.scaled(TREES / TASKS) as usize;
    let time = TIME / u32::try_from(setup.shrink)?;
    let (latencies, cpu, cycles, course) = setup.enter(move || {
        let mut rng = Splitmix(1);
        let forests: Vec<Vec<Root<Node<'static>>>> = (0..TASKS)
            .map(|_| (0..trees).map(|_| tree(&mut rng)).collect())
            .collect();
        gc::collect();
        value(
            "live_heap",
            gc::stats().heap_alloc as f64 / f64::from(1 << 20),
        );
        let (cpu, cycles) = (process::cpu_seconds(), gc::stats().num_gc);
        let tasks: Vec<_> = forests
            .into_iter()
            .zip(100..)
            .map(|(forest, seed)| gompa::go(move || replace(&forest, Splitmix(seed), time)))
            .collect();
        let mut all = histogram();
        let mut course = Vec::new();
        for task in tasks {
            let (latencies, slots) = task.join().expect("it only allocates");
            all += latencies;
            course.resize(slots.len().max(course.len()), Slot::default());
            for (sum, slot) in course.iter_mut().zip(slots) {
                sum.heap = sum.heap.max(slot.heap);
                sum.worst = sum.worst.max(slot.worst);
            }
        }
        (all, cpu, gc::stats().num_gc - cycles, course)
    });
    if setup.size.is_some() {
        for (i, slot) in course.iter().enumerate() {
            let ms = SLOT.as_millis() * i as u128;
            let worst = slot.worst.as_nanos() as f64 / 1e3;
            println!(
                "COURSE {ms} {:.1} {worst:.1}",
                slot.heap as f64 / f64::from(1 << 20)
            );
        }
    }
    let us = |ns: u64| ns as f64 / 1e3;
    value(
        "mutations_per_s",
        latencies.len() as f64 / time.as_secs_f64(),
    );
    for (name, quantile) in [
        ("p50_us", 0.5),
        ("p99_us", 0.99),
        ("p99.9_us", 0.999),
        ("p99.99_us", 0.9999),
    ] {
        value(name, us(latencies.value_at_quantile(quantile)));
    }
    value("max_us", us(latencies.max()));
    value("gc_cycles", cycles as f64);
    value("cpu_s", process::cpu_seconds()? - cpu?);
    value("peak_rss", process::peak_resident_mib()?);
    Ok(())
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds that make sense")
}

fn tree(rng: &mut Splitmix) -> Root<Node<'static>> {
    gc::scope(|s| Root::new(grow(s, DEPTH, rng)))
}

/// What happened in some time.
#[derive(Clone, Copy, Default)]
struct Slot {
    /// Bytes in the heap, at its end.
    heap: u64,
    worst: Duration,
}

const SLOT: Duration = Duration::from_millis(20);

fn replace(
    forest: &[Root<Node<'static>>],
    mut rng: Splitmix,
    time: Duration,
) -> (Histogram<u64>, Vec<Slot>) {
    let mut latencies = histogram();
    let mut course = Vec::with_capacity((time.as_millis() / SLOT.as_millis()) as usize + 100);
    let (mut slot, mut slot_ends) = (Slot::default(), SLOT);
    let begun = Instant::now();
    let mut before = begun;
    gc::scope(|s| {
        while before - begun < time {
            s.nested(|s| {
                let mut x = rng.next();
                let mut at = forest[(x >> 32) as usize % forest.len()].get();
                let place = |at: Gc<'_, Node<'_>>, x: u64| {
                    at.kids.expect("an inner node")[x as usize % FANOUT].get(s)
                };
                for _ in 1..LEVEL {
                    at = place(at, x).expect("no place is empty");
                    x >>= 4;
                }
                let fresh = grow(s, DEPTH - LEVEL, &mut rng);
                at.kids.expect("an inner node")[x as usize % FANOUT].set(s, fresh);
            });
            let now = Instant::now();
            latencies.saturating_record((now - before).as_nanos() as u64);
            slot.worst = slot.worst.max(now - before);
            while now - begun >= slot_ends {
                slot.heap = gc::stats().heap_alloc;
                course.push(std::mem::take(&mut slot));
                slot_ends += SLOT;
            }
            before = now;
        }
    });
    (latencies, course)
}
