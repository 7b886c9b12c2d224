//! From one goroutine to another and back, by yielding on one P.

mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::time::{Duration, Instant};

/// A yield with nobody else to run, with one other (the bare switch), and with a hundred (their
/// stacks no longer all lie in the nearest cache).
fn yielding(c: &mut Criterion) {
    let mut group = c.benchmark_group("switch/yield among");
    for goroutines in [1, 2, 100] {
        let runtime = gompa::Builder::new().procs(1).build();
        group.bench_function(BenchmarkId::from_parameter(goroutines), |b| {
            b.iter_custom(|times| runtime.run(move || yields(goroutines, times)));
        });
    }
}

/// The time of `times` yields in all, spread evenly.
fn yields(goroutines: u64, times: u64) -> Duration {
    let each = times.div_ceil(goroutines);
    let begun = Instant::now();
    let started: Vec<_> = (0..goroutines)
        .map(|_| {
            gompa::go(move || {
                for _ in 0..each {
                    gompa::gosched();
                }
            })
        })
        .collect();
    for goroutine in started {
        goroutine.join().expect("it only yields");
    }
    begun.elapsed()
}

criterion_group! {
    name = benches;
    config = common::short();
    targets = yielding
}
criterion_main!(benches);
