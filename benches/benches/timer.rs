//! The timer heap: adding, moving and removing a timer among many others.

mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gompa::time::Timer;
use std::time::{Duration, Instant};

/// Farther off than any bench lasts.
const FAR: Duration = Duration::from_secs(3600);

/// `work` is repeated while `others` timers wait in the heap.
fn among(c: &mut Criterion, name: &str, work: fn(u64)) {
    let mut group = c.benchmark_group(name);
    for others in [0, 100_000] {
        let runtime = gompa::Builder::new().procs(1).build();
        group.bench_function(BenchmarkId::from_parameter(others), |b| {
            b.iter_custom(|times| {
                runtime.run(move || {
                    let waiting: Vec<_> = (0..others)
                        .map(|i| Timer::new(FAR + Duration::from_millis(i * 7919 % 100_000)))
                        .collect();
                    let begun = Instant::now();
                    work(times);
                    let took = begun.elapsed();
                    for timer in waiting {
                        timer.stop();
                    }
                    took
                })
            });
        });
    }
}

fn start_and_stop(c: &mut Criterion) {
    among(c, "timer/start and stop among", |times| {
        for i in 0..times {
            let timer = Timer::new(FAR + Duration::from_millis(i % 100_000));
            assert!(timer.stop());
        }
    });
}

fn reset(c: &mut Criterion) {
    among(c, "timer/reset among", |times| {
        let timer = Timer::new(FAR);
        for i in 0..times {
            assert!(timer.reset(FAR + Duration::from_millis(i * 7919 % 100_000)));
        }
        timer.stop();
    });
}

criterion_group! {
    name = benches;
    config = common::short();
    targets = start_and_stop, reset
}
criterion_main!(benches);
