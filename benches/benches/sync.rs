//! Locks, wait groups, pools and maps, alone and contended, beside parking_lot, std, dashmap and
//! papaya. `docs/sync.md` has the table and its commands; `benches/go/sync.go` does the same in Go.
//!
//! Not by criterion: what is contended is one run of many tasks, and its waits have a distribution.
//! Prints `RESULT row contender value unit`; a word on the command line chooses rows that contain it.

use gompa::sync::{Map, Mutex, Once, Pool, RwLock, Semaphore, WaitGroup};
use hdrhistogram::Histogram;
use std::collections::HashMap;
use std::env;
use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

/// Runs a figure is the median of.
const REPETITIONS: usize = 5;
/// About how long one of them takes.
const SPAN: Duration = Duration::from_millis(20);

struct Bench {
    filter: String,
}

impl Bench {
    fn wants(&self, row: &str) -> bool {
        row.contains(&self.filter)
    }

    fn print(&self, row: &str, contender: &str, value: f64, unit: &str) {
        println!("RESULT {row} {contender} {value:.2} {unit}");
    }

    /// Nanoseconds per operation of `f`, which does as many as it is told to and says how long that
    /// took.
    fn ns(&self, row: &str, contender: &str, mut f: impl FnMut(u64) -> Duration) {
        if !self.wants(row) {
            return;
        }
        let mut n = 1000;
        loop {
            let took = f(n);
            if took > SPAN / 4 {
                n = (n as f64 * SPAN.as_secs_f64() / took.as_secs_f64()) as u64;
                break;
            }
            n *= 4;
        }
        let mut figures: Vec<f64> = (0..REPETITIONS)
            .map(|_| f(n).as_nanos() as f64 / n as f64)
            .collect();
        figures.sort_by(f64::total_cmp);
        self.print(row, contender, figures[REPETITIONS / 2], "ns");
    }

    /// The same operation again and again, by one.
    fn alone(&self, row: &str, contender: &str, mut f: impl FnMut(u64)) {
        self.ns(row, contender, |n| {
            let begun = Instant::now();
            for i in 0..n {
                f(i);
            }
            begun.elapsed()
        });
    }
}

/// Who runs the tasks of a contended row.
#[derive(Clone, Copy)]
enum Crew {
    Threads,
    /// Goroutines on two Ps.
    Goroutines,
}

impl Crew {
    /// Runs `task(i)` for each of `n` tasks at once; how long all took.
    fn run(self, n: usize, task: impl Fn(usize) + Send + Sync + 'static) -> Duration {
        let task = Arc::new(task);
        match self {
            Crew::Threads => {
                let start = Arc::new(Barrier::new(n + 1));
                let all: Vec<_> = (0..n)
                    .map(|i| {
                        let (task, start) = (task.clone(), start.clone());
                        thread::spawn(move || {
                            start.wait();
                            task(i);
                        })
                    })
                    .collect();
                start.wait();
                let begun = Instant::now();
                for handle in all {
                    handle.join().unwrap();
                }
                begun.elapsed()
            }
            Crew::Goroutines => gompa::Builder::new().procs(2).run(move || {
                let group = WaitGroup::new();
                let begun = Instant::now();
                for i in 0..n {
                    let task = task.clone();
                    group.go(move || task(i));
                }
                group.wait();
                begun.elapsed()
            }),
        }
    }
}

/// A few nanoseconds of computing.
#[inline(never)]
fn work(times: u64) -> u64 {
    (0..times).fold(1, |mut x: u64, _| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^ x << 17
    })
}

/// Inside the lock, and between two of its uses.
const INSIDE: u64 = 4;
const BETWEEN: u64 = 12;

/// A lock used by many: operations in all per second, and how long each waited.
fn contended(
    bench: &Bench,
    tasks: usize,
    contender: &str,
    crew: Crew,
    with: impl Fn(&mut dyn FnMut()) + Clone + Send + Sync + 'static,
) {
    let row = format!("mutex-contended-{tasks}");
    bench.ns(&row, contender, {
        let with = with.clone();
        move |n| {
            let (with, each) = (with.clone(), n / tasks as u64 + 1);
            crew.run(tasks, move |_| {
                for _ in 0..each {
                    with(&mut || _ = black_box(work(black_box(INSIDE))));
                    black_box(work(black_box(BETWEEN)));
                }
            })
        }
    });
    let row = format!("mutex-waits-{tasks}");
    if !bench.wants(&row) {
        return;
    }
    let waits = Arc::new(std::sync::Mutex::new(Histogram::<u64>::new(3).unwrap()));
    let (each, all) = (400_000 / tasks, waits.clone());
    crew.run(tasks, move |_| {
        let mut own = Histogram::<u64>::new(3).unwrap();
        for _ in 0..each {
            let begun = Instant::now();
            let mut waited = 0;
            with(&mut || {
                waited = begun.elapsed().as_nanos() as u64;
                black_box(work(black_box(INSIDE)));
            });
            own.record(waited.max(1)).unwrap();
            black_box(work(black_box(BETWEEN)));
        }
        all.lock().unwrap().add(&own).unwrap();
    });
    let waits = waits.lock().unwrap();
    for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)] {
        let value = waits.value_at_quantile(quantile) as f64 / 1000.0;
        bench.print(&format!("{row}-{name}"), contender, value, "us");
    }
}

fn locks(bench: &Bench) {
    // What the contended rows do besides locking: the same time in both languages.
    bench.alone("work", "rust", |_| {
        _ = black_box(work(black_box(INSIDE)) + work(black_box(BETWEEN)))
    });

    let (ours, parking_lot, std) = (
        Mutex::new(0u64),
        parking_lot::Mutex::new(0u64),
        std::sync::Mutex::new(0u64),
    );
    bench.alone("mutex", "gompa", |i| *black_box(&ours).lock() += i);
    bench.alone("mutex", "parking_lot", |i| {
        *black_box(&parking_lot).lock() += i
    });
    bench.alone("mutex", "std", |i| *black_box(&std).lock().unwrap() += i);

    let (ours, parking_lot, std) = (
        RwLock::new(0u64),
        parking_lot::RwLock::new(0u64),
        std::sync::RwLock::new(0u64),
    );
    bench.alone("rwlock-read", "gompa", |_| {
        _ = black_box(*black_box(&ours).read())
    });
    bench.alone("rwlock-read", "parking_lot", |_| {
        _ = black_box(*black_box(&parking_lot).read())
    });
    bench.alone("rwlock-read", "std", |_| {
        _ = black_box(*black_box(&std).read().unwrap())
    });
    bench.alone("rwlock-write", "gompa", |i| *black_box(&ours).write() += i);
    bench.alone("rwlock-write", "parking_lot", |i| {
        *black_box(&parking_lot).write() += i
    });
    bench.alone("rwlock-write", "std", |i| {
        *black_box(&std).write().unwrap() += i
    });

    for tasks in [2, 8, 100] {
        let lock = Arc::new(Mutex::new(()));
        let with = move |f: &mut dyn FnMut()| {
            let _guard = lock.lock();
            f();
        };
        contended(
            bench,
            tasks,
            "gompa-goroutines",
            Crew::Goroutines,
            with.clone(),
        );
        contended(bench, tasks, "gompa-threads", Crew::Threads, with);
        let lock = Arc::new(parking_lot::Mutex::new(()));
        contended(
            bench,
            tasks,
            "parking_lot-threads",
            Crew::Threads,
            move |f| {
                let _guard = lock.lock();
                f();
            },
        );
        let lock = Arc::new(std::sync::Mutex::new(()));
        contended(bench, tasks, "std-threads", Crew::Threads, move |f| {
            let _guard = lock.lock().unwrap();
            f();
        });
    }

    // Nine reads and a write, by eight.
    let ours = Arc::new(RwLock::new(0u64));
    for (contender, crew) in [
        ("gompa-goroutines", Crew::Goroutines),
        ("gompa-threads", Crew::Threads),
    ] {
        let ours = ours.clone();
        mixed(bench, contender, crew, move |write| match write {
            true => *ours.write() += 1,
            false => _ = black_box(*ours.read()),
        });
    }
    let lock = Arc::new(parking_lot::RwLock::new(0u64));
    mixed(
        bench,
        "parking_lot-threads",
        Crew::Threads,
        move |write| match write {
            true => *lock.write() += 1,
            false => _ = black_box(*lock.read()),
        },
    );
    let lock = Arc::new(std::sync::RwLock::new(0u64));
    mixed(
        bench,
        "std-threads",
        Crew::Threads,
        move |write| match write {
            true => *lock.write().unwrap() += 1,
            false => _ = black_box(*lock.read().unwrap()),
        },
    );
}

fn mixed(
    bench: &Bench,
    contender: &str,
    crew: Crew,
    f: impl Fn(bool) + Clone + Send + Sync + 'static,
) {
    bench.ns("rwlock-contended-8", contender, move |n| {
        let (f, each) = (f.clone(), n / 8 + 1);
        crew.run(8, move |_| {
            for i in 0..each {
                f(i % 10 == 0);
                black_box(work(black_box(BETWEEN)));
            }
        })
    });
}

fn others(bench: &Bench) {
    let group = WaitGroup::new();
    bench.alone("waitgroup-add-done", "gompa", |_| {
        group.add(1);
        group.done();
    });
    bench.ns("waitgroup-go-100", "gompa", |n| {
        gompa::Builder::new().procs(2).run(move || {
            let group = WaitGroup::new();
            let begun = Instant::now();
            for _ in 0..n / 100 + 1 {
                for _ in 0..100 {
                    group.go(|| _ = black_box(work(black_box(INSIDE))));
                }
                group.wait();
            }
            begun.elapsed()
        })
    });
    let once = Once::new();
    once.call_once(|| ());
    bench.alone("once-done", "gompa", |_| black_box(&once).call_once(|| ()));
    let once = std::sync::Once::new();
    once.call_once(|| ());
    bench.alone("once-done", "std", |_| black_box(&once).call_once(|| ()));
    let semaphore = Semaphore::new(10);
    bench.alone("semaphore", "gompa", |_| {
        black_box(&semaphore).acquire(1);
        semaphore.release(1);
    });
    let pool: Pool<Box<u64>> = Pool::new(|| Box::new(1));
    bench.alone("pool", "gompa", |_| pool.put(black_box(pool.get())));
    let pool = Arc::new(pool);
    bench.ns("pool-contended-8", "gompa", |n| {
        let (pool, each) = (pool.clone(), n / 8 + 1);
        Crew::Goroutines.run(8, move |_| {
            for _ in 0..each {
                let thing = pool.get();
                black_box(work(black_box(BETWEEN)));
                pool.put(thing);
            }
        })
    });
}

/// What the map rows do with each contender.
trait Contender: Clone + Send + Sync + 'static {
    const NAME: &'static str;
    fn new() -> Self;
    fn load(&self, key: u64) -> Option<u64>;
    fn store(&self, key: u64, value: u64);
    fn delete(&self, key: u64);
}

macro_rules! contender {
    ($name:ident, $label:literal, $inner:ty, $new:expr, $load:expr, $store:expr, $delete:expr) => {
        #[derive(Clone)]
        struct $name(Arc<$inner>);
        impl Contender for $name {
            const NAME: &'static str = $label;
            fn new() -> Self {
                $name(Arc::new($new))
            }
            fn load(&self, key: u64) -> Option<u64> {
                let load: fn(&$inner, u64) -> Option<u64> = $load;
                load(&self.0, key)
            }
            fn store(&self, key: u64, value: u64) {
                let store: fn(&$inner, u64, u64) = $store;
                store(&self.0, key, value)
            }
            fn delete(&self, key: u64) {
                let delete: fn(&$inner, u64) = $delete;
                delete(&self.0, key)
            }
        }
    };
}

contender!(
    Ours, "gompa", Map<u64, u64>, Map::new(),
    |m, k| m.load(&k), |m, k, v| m.store(k, v), |m, k| m.delete(&k)
);
contender!(
    Dash, "dashmap", dashmap::DashMap<u64, u64, ahash::RandomState>, Default::default(),
    |m, k| m.get(&k).map(|v| *v), |m, k, v| _ = m.insert(k, v), |m, k| _ = m.remove(&k)
);
contender!(
    Papaya, "papaya", papaya::HashMap<u64, u64, ahash::RandomState>, Default::default(),
    |m, k| m.pin().get(&k).copied(), |m, k, v| _ = m.pin().insert(k, v),
    |m, k| _ = m.pin().remove(&k)
);
contender!(
    Locked,
    "std-rwlock",
    std::sync::RwLock<HashMap<u64, u64, ahash::RandomState>>,
    Default::default(),
    |m, k| m.read().unwrap().get(&k).copied(),
    |m, k, v| _ = m.write().unwrap().insert(k, v),
    |m, k| _ = m.write().unwrap().remove(&k)
);

const KEYS: u64 = 1 << 14;

fn map<C: Contender>(bench: &Bench) {
    let full = C::new();
    for key in 0..KEYS {
        full.store(key, key);
    }
    let spread = |i: u64| i.wrapping_mul(0x9e37_79b9) % KEYS;
    let name = C::NAME;
    bench.alone("map-load", name, |i| _ = black_box(full.load(spread(i))));
    bench.alone("map-load-absent", name, |i| {
        _ = black_box(full.load(KEYS + i))
    });
    bench.alone("map-store", name, |i| full.store(spread(i), i));
    bench.alone("map-insert-delete", name, |i| {
        full.store(KEYS + i, i);
        full.delete(KEYS + i);
    });
    bench.ns("map-fill", name, |n| {
        let map = C::new();
        let begun = Instant::now();
        for i in 0..n {
            map.store(i, i);
        }
        begun.elapsed()
    });
    for (crew_name, crew) in [("goroutines", Crew::Goroutines), ("threads", Crew::Threads)] {
        for (row, writes, keys) in [
            ("map-hot-loads-2", 0, 1),
            ("map-loads-2", 0, KEYS),
            ("map-mixed-2", 10, KEYS),
            ("map-writes-2", 100, KEYS),
        ] {
            let contender = format!("{name}-{crew_name}");
            bench.ns(row, &contender, |n| {
                let (map, each) = (full.clone(), n / 2 + 1);
                crew.run(2, move |task| {
                    for i in 0..each {
                        let key = spread(i + task as u64 * 7919) % keys;
                        match i % 100 < writes {
                            true => map.store(key, i),
                            false => _ = black_box(map.load(key)),
                        }
                    }
                })
            });
        }
    }
    // Each goroutine is a new thread to whoever counts threads.
    bench.ns("map-fresh-goroutines", name, |n| {
        let map = full.clone();
        gompa::Builder::new().procs(2).run(move || {
            let group = WaitGroup::new();
            let begun = Instant::now();
            for i in 0..n / 100 + 1 {
                for j in 0..100 {
                    let map = map.clone();
                    group.go(move || map.store(spread(i * 100 + j), i));
                }
                group.wait();
            }
            begun.elapsed()
        })
    });
}

fn main() {
    // `cargo bench` adds a flag.
    let filter = env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let bench = Bench {
        filter: filter.unwrap_or_default(),
    };
    locks(&bench);
    others(&bench);
    map::<Ours>(&bench);
    map::<Dash>(&bench);
    map::<Papaya>(&bench);
    map::<Locked>(&bench);
}
