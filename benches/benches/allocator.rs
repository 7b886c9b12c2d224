//! The allocator: a block made and freed at once, and many made before the first is freed; on a
//! goroutine, whose carrier keeps free blocks, and on a plain thread, where it is the system's.

mod common;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// More than a carrier keeps of any size.
const BURST: u64 = 10_000;

/// Makes and frees `times` blocks of `SIZE` bytes, `at_once` of them alive together.
fn make_and_free<const SIZE: usize>(times: u64, at_once: u64) -> Duration {
    let make = || black_box(Box::<[u8; SIZE]>::new_uninit());
    let mut blocks = Vec::with_capacity(at_once as usize);
    let begun = Instant::now();
    if at_once == 1 {
        (0..times).for_each(|_| drop(make()));
        return begun.elapsed();
    }
    for begin in (0..times).step_by(at_once as usize) {
        blocks.extend((begin..times.min(begin + at_once)).map(|_| make()));
        blocks.clear();
    }
    begun.elapsed()
}

fn of_size<const SIZE: usize>(c: &mut Criterion) {
    let runtime = gompa::Builder::new().procs(1).build();
    for (name, at_once) in [("one alive", 1), ("10 000 alive", BURST)] {
        let mut group = c.benchmark_group(format!("allocator/{name}"));
        group.bench_function(BenchmarkId::new("goroutine", SIZE), |b| {
            b.iter_custom(|times| runtime.run(move || make_and_free::<SIZE>(times, at_once)));
        });
        group.bench_function(BenchmarkId::new("thread", SIZE), |b| {
            b.iter_custom(|times| make_and_free::<SIZE>(times, at_once));
        });
    }
}

fn allocator(c: &mut Criterion) {
    of_size::<64>(c);
    of_size::<1024>(c);
}

criterion_group! {
    name = benches;
    config = common::short();
    targets = allocator
}
criterion_main!(benches);
