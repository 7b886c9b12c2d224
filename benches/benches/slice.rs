//! Slices beside Rust's own: appending, reading in the cache, reading parts, writing.

mod common;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use gompa::slice::{self, GrowVec, Slice};
use std::hint::black_box;

/// Integers that fit into the first-level cache.
const LEN: usize = 2_048;
/// Integers of a part.
const PART: usize = 8;

fn group<'a>(c: &'a mut Criterion, name: &str, elements: usize) -> BenchmarkGroup<'a, WallTime> {
    let mut group = c.benchmark_group(format!("slice/{name}"));
    group.throughput(Throughput::Elements(elements as u64));
    group
}

fn append(c: &mut Criterion) {
    let mut group = group(c, "append", LEN);
    group.bench_function("Vec", |b| {
        b.iter(|| {
            let mut v = Vec::new();
            (0..LEN).for_each(|i| v.push(black_box(i)));
            v
        });
    });
    group.bench_function("GrowVec", |b| {
        b.iter(|| {
            let mut v = GrowVec::<usize>::new();
            (0..LEN).for_each(|i| v.push(black_box(i)));
            v
        });
    });
    group.bench_function("Slice", |b| {
        b.iter(|| {
            let mut s = Slice::nil();
            (0..LEN).for_each(|i| s.push(black_box(i)));
            s
        });
    });
    // Without growth.
    group.bench_function("Vec, room", |b| {
        b.iter(|| {
            let mut v = Vec::with_capacity(LEN);
            (0..LEN).for_each(|i| v.push(black_box(i)));
            v
        });
    });
    group.bench_function("Slice, room", |b| {
        b.iter(|| {
            let mut s = Slice::make(0, LEN);
            (0..LEN).for_each(|i| s.push(black_box(i)));
            s
        });
    });
}

fn read(c: &mut Criterion) {
    let v: Vec<u64> = (0..LEN as u64).collect();
    let s = Slice::from(v.clone());
    let mut group = group(c, "read", LEN);
    group.bench_function("Vec, index", |b| {
        b.iter(|| {
            let v = black_box(&v);
            (0..v.len()).fold(0u64, |sum, i| sum.wrapping_mul(3) ^ v[i])
        });
    });
    group.bench_function("Slice, get", |b| {
        b.iter(|| {
            let s = black_box(&s);
            (0..s.len()).fold(0u64, |sum, i| sum.wrapping_mul(3) ^ s.get(i))
        });
    });
    // What can be added up in any order, several at a time.
    group.bench_function("Vec, sum", |b| b.iter(|| black_box(&v).iter().sum::<u64>()));
    group.bench_function("Slice, sum", |b| {
        b.iter(|| black_box(&s).iter().sum::<u64>())
    });
    group.bench_function("Slice, sum of get", |b| {
        b.iter(|| {
            let s = black_box(&s);
            (0..s.len()).map(|i| s.get(i)).sum::<u64>()
        });
    });
    group.bench_function("Slice, sum of borrow", |b| {
        b.iter(|| black_box(&s).borrow().iter().sum::<u64>());
    });
    // At random places, which are known early.
    let places: Vec<usize> = (0..LEN).map(|i| (i * 1_031) % LEN).collect();
    group.bench_function("Vec, scattered", |b| {
        b.iter(|| places.iter().fold(0u64, |sum, i| sum ^ black_box(&v)[*i]));
    });
    group.bench_function("Slice, scattered", |b| {
        b.iter(|| {
            places
                .iter()
                .fold(0u64, |sum, i| sum ^ black_box(&s).get(*i))
        });
    });
}

fn parts(c: &mut Criterion) {
    let v: Vec<u64> = (0..LEN as u64).collect();
    let s = Slice::from(v.clone());
    let mut group = group(c, "parts", LEN / PART);
    group.bench_function("Vec", |b| {
        b.iter(|| {
            let v = black_box(&v);
            (0..LEN / PART).fold(0u64, |sum, i| {
                let part = black_box(&v[i * PART..(i + 1) * PART]);
                sum ^ part[0] ^ part[PART - 1]
            })
        });
    });
    group.bench_function("Slice", |b| {
        b.iter(|| {
            let s = black_box(&s);
            (0..LEN / PART).fold(0u64, |sum, i| {
                let part = s.slice(i * PART..(i + 1) * PART);
                let part = black_box(&part);
                sum ^ part.get(0) ^ part.get(PART - 1)
            })
        });
    });
    group.bench_function("Slice, borrow", |b| {
        b.iter(|| {
            let s = black_box(&s).borrow();
            (0..LEN / PART).fold(0u64, |sum, i| {
                let part = black_box(&s[i * PART..(i + 1) * PART]);
                sum ^ part[0] ^ part[PART - 1]
            })
        });
    });
}

fn write(c: &mut Criterion) {
    let mut v: Vec<u64> = (0..LEN as u64).collect();
    let s = Slice::from(v.clone());
    let mut group = group(c, "write", LEN);
    group.bench_function("Vec", |b| {
        b.iter(|| {
            let v = black_box(&mut v);
            (0..v.len()).for_each(|i| v[i] = black_box(i as u64));
        });
    });
    group.bench_function("Slice, set", |b| {
        b.iter(|| {
            let s = black_box(&s);
            (0..s.len()).for_each(|i| s.set(i, black_box(i as u64)));
        });
    });
    group.bench_function("Vec, copy_within", |b| {
        b.iter(|| black_box(&mut v).copy_within(..LEN - 1, 1));
    });
    let behind = s.slice(1..);
    group.bench_function("Slice, copy", |b| {
        b.iter(|| slice::copy(black_box(&behind), black_box(&s)));
    });
}

criterion_group! {
    name = benches;
    config = common::short();
    targets = append, read, parts, write
}
criterion_main!(benches);
