//! Channel operations: uncontended in one goroutine, and handed from one goroutine to another.

mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gompa::chan::{self, Chan};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A value in and out of a buffer, by one and the same goroutine: the bare cost of the channel.
fn buffered(c: &mut Criterion) {
    let runtime = gompa::Builder::new().procs(1).build();
    c.bench_function("channel/buffered send and receive", |b| {
        b.iter_custom(|times| {
            runtime.run(move || {
                let channel: Chan<u64> = chan::make(128);
                let begun = Instant::now();
                for i in 0..times {
                    channel.send(i);
                    black_box(channel.recv());
                }
                begun.elapsed()
            })
        });
    });
}

/// What a try costs that finds nothing.
fn empty(c: &mut Criterion) {
    let channel: Chan<u64> = chan::make(1);
    c.bench_function("channel/try_recv on empty", |b| {
        b.iter(|| black_box(channel.try_recv().is_ok()))
    });
}

/// One producer, one consumer, on one P and on two.
fn streamed(c: &mut Criterion) {
    let mut group = c.benchmark_group("channel/streamed");
    for capacity in [0, 1, 128] {
        for procs in [1, 2] {
            let runtime = gompa::Builder::new().procs(procs).build();
            let id = BenchmarkId::new(format!("P{procs}"), capacity);
            group.bench_function(id, |b| {
                b.iter_custom(|times| runtime.run(move || stream(capacity, times)));
            });
        }
    }
}

fn stream(capacity: usize, messages: u64) -> Duration {
    let channel: Chan<u64> = chan::make(capacity);
    let to = channel.clone();
    let begun = Instant::now();
    drop(gompa::go(move || {
        for i in 0..messages {
            to.send(i);
        }
        to.close();
    }));
    assert_eq!((&channel).into_iter().count() as u64, messages);
    begun.elapsed()
}

/// A select over four channels of which one is ready.
fn select(c: &mut Criterion) {
    let runtime = gompa::Builder::new().procs(1).build();
    c.bench_function("channel/select, one of four ready", |b| {
        b.iter_custom(|times| runtime.run(move || select_ready(times)));
    });
}

fn select_ready(times: u64) -> Duration {
    let [w, x, y, z]: [Chan<u64>; 4] = std::array::from_fn(|_| chan::make(1));
    let begun = Instant::now();
    for i in 0..times {
        z.send(i);
        let value = gompa::select! {
            recv(w) -> value => value,
            recv(x) -> value => value,
            recv(y) -> value => value,
            recv(z) -> value => value,
        };
        black_box(value);
    }
    begun.elapsed()
}

criterion_group! {
    name = benches;
    config = common::short();
    targets = buffered, empty, streamed, select
}
criterion_main!(benches);
