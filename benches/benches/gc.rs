//! Single operations on the collected heap, barrier off; a cycle beside a million goroutines.

use criterion::{Criterion, criterion_group, criterion_main};
use gompa::chan::{self, Chan};
use gompa::gc::{self, Field, Root, Trace};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock};
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
    let sampled = gc::set_heap_profile_rate(0);
    for (name, rate) in [("", sampled), (", none sampled", 0)] {
        gc::set_heap_profile_rate(rate);
        group.bench_function(format!("alloc 16 bytes, 10 a scope{name}"), |b| {
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
    }
    gc::set_heap_profile_rate(sampled);
    group.bench_function("Box of 16 bytes, 10 made and dropped", |b| {
        b.iter_custom(|n| {
            let begun = Instant::now();
            for _ in 0..n.div_ceil(10) {
                black_box(std::array::from_fn::<_, 10, _>(|i| Box::new([i, i])));
            }
            begun.elapsed()
        });
    });
    group.bench_function("Arc of 16 bytes, 10 made and dropped", |b| {
        b.iter_custom(|n| {
            let begun = Instant::now();
            for _ in 0..n.div_ceil(10) {
                black_box(std::array::from_fn::<_, 10, _>(|i| Arc::new([i, i])));
            }
            begun.elapsed()
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

/// A whole cycle, beside a million goroutines that have never opened a scope, then beside as many that
/// are parked inside one, with a handle each.
fn cycles(c: &mut Criterion) {
    let mut group = c.benchmark_group("gc, a cycle");
    group.bench_function("alone", |b| b.iter(gc::collect));
    park(|| {
        let _ = never().recv();
    });
    group.bench_function("a million goroutines parked", |b| b.iter(gc::collect));
    park(|| {
        gc::scope(|s| {
            let mine = s.alloc(7u64);
            never().recv();
            black_box(*mine);
        });
    });
    group.bench_function("and a million parked in scopes", |b| b.iter(gc::collect));
    group.finish();
}

/// Nobody sends there.
fn never() -> &'static Chan<()> {
    static NEVER: LazyLock<Chan<()>> = LazyLock::new(|| chan::make(0));
    &NEVER
}

/// A million goroutines that do so, and stay.
fn park(f: fn()) {
    const TASKS: u64 = 1_000_000;
    let (ready, all) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        gompa::Builder::new().run(move || {
            let started = Arc::new(AtomicU64::new(0));
            for _ in 0..TASKS {
                let started = started.clone();
                drop(gompa::go(move || {
                    started.fetch_add(1, Relaxed);
                    f();
                }));
            }
            while started.load(Relaxed) < TASKS {
                gompa::time::sleep(Duration::from_millis(1));
            }
            // The last ones are still on their way.
            gompa::time::sleep(Duration::from_millis(300));
            ready.send(()).unwrap();
            never().recv();
        });
    });
    all.recv().unwrap();
}

/// Ends the process while goroutines wait: to end two million takes longer than all of this.
fn leave(_: &mut Criterion) {
    std::process::exit(0)
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(600))
        .sample_size(20);
    targets = operations, cycles, leave
}
criterion_main!(benches);
