//! Single operations on the collected heap, barrier off.

use criterion::{Criterion, criterion_group, criterion_main};
use gompa::gc::{self, Field, Root, Trace};
use std::hint::black_box;
use std::time::{Duration, Instant};

#[derive(Trace)]
struct Pair<'gc> {
    a: Field<'gc, Pair<'gc>>,
    b: Field<'gc, Pair<'gc>>,
}

fn pair<'a>() -> Pair<'a> {
    Pair {
        a: Field::nil(),
        b: Field::nil(),
    }
}

/// Slots a scope takes before it is opened anew.
const BATCH: u64 = 1000;

fn operations(c: &mut Criterion) {
    let mut group = c.benchmark_group("gc");
    group.bench_function("alloc 16 bytes, 10 a scope", |b| {
        b.iter_custom(|n| {
            gc::scope(|s| {
                let begun = Instant::now();
                for _ in 0..n.div_ceil(10) {
                    s.nested(|s| (0..10u64).for_each(|i| _ = black_box(s.alloc([i, i]))));
                }
                begun.elapsed()
            })
        });
    });
    group.bench_function("alloc two fields, in a pin", |b| {
        b.iter_custom(|n| {
            gc::scope(|s| {
                let begun = Instant::now();
                for _ in 0..n.div_ceil(BATCH) {
                    s.pin(|p| (0..BATCH).for_each(|_| _ = black_box(p.alloc(pair()))));
                }
                begun.elapsed()
            })
        });
    });
    group.bench_function("nested, empty", |b| {
        gc::scope(|s| b.iter(|| s.nested(|s| _ = black_box(s))));
    });
    group.bench_function("get, in a scope", |b| {
        b.iter_custom(|n| {
            gc::scope(|s| {
                let x = s.alloc(pair());
                x.a.set(s, x);
                let begun = Instant::now();
                for _ in 0..n.div_ceil(BATCH) {
                    s.nested(|s| (0..BATCH).for_each(|_| _ = black_box(black_box(x).a.get(s))));
                }
                begun.elapsed()
            })
        });
    });
    group.bench_function("get, in a pin", |b| {
        gc::scope(|s| {
            let x = s.alloc(pair());
            x.a.set(s, x);
            s.pin(|p| b.iter(|| _ = black_box(black_box(x).a.get(p))));
        });
    });
    group.bench_function("set, in a scope", |b| {
        gc::scope(|s| {
            let x = s.alloc(pair());
            b.iter(|| black_box(x).b.set(s, x));
        });
    });
    group.bench_function("scope, outermost", |b| {
        b.iter(|| gc::scope(|s| _ = black_box(s)))
    });
    group.bench_function("root, made and dropped in a scope", |b| {
        gc::scope(|s| {
            let x = s.alloc(7u64);
            b.iter(|| black_box(Root::<u64>::new(x)));
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20);
    targets = operations
}
criterion_main!(benches);
