//! Starting goroutines: joined at once, and many before the first is joined.

mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::time::Instant;

fn joined(c: &mut Criterion) {
    let mut group = c.benchmark_group("spawn/go and join");
    for procs in [1, 2] {
        let runtime = gompa::Builder::new().procs(procs).build();
        group.bench_function(BenchmarkId::from_parameter(format!("P{procs}")), |b| {
            b.iter_custom(|times| {
                runtime.run(move || {
                    let begun = Instant::now();
                    for i in 0..times {
                        assert_eq!(gompa::go(move || i).join().ok(), Some(i));
                    }
                    begun.elapsed()
                })
            });
        });
    }
}

/// A hundred at a time: their cost when they queue.
fn queued(c: &mut Criterion) {
    let mut group = c.benchmark_group("spawn/a hundred, then join all");
    for procs in [1, 2] {
        let runtime = gompa::Builder::new().procs(procs).build();
        group.bench_function(BenchmarkId::from_parameter(format!("P{procs}")), |b| {
            b.iter_custom(|times| {
                runtime.run(move || {
                    let begun = Instant::now();
                    for _ in 0..times {
                        let started: Vec<_> = (0..100).map(|i| gompa::go(move || i)).collect();
                        let sum: u64 = started.into_iter().filter_map(|h| h.join().ok()).sum();
                        assert_eq!(sum, 4950);
                    }
                    begun.elapsed()
                })
            });
        });
    }
}

criterion_group! {
    name = benches;
    config = common::short();
    targets = joined, queued
}
criterion_main!(benches);
