//! Small work with a profile off and at several rates, in turns; medians.

use crate::result;
use gompa_chan::make;
use gompa_insight::profile::{cpu, set_block_profile_rate, set_mutex_profile_fraction};
use gompa_sched::go;
use gompa_sync::Mutex;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 9;

/// Measures `work` (nanoseconds an operation) under each of the settings, and says the medians.
fn compare(table: &str, settings: &[(&str, &dyn Fn())], work: &mut dyn FnMut() -> f64) {
    settings[0].1();
    work();
    let mut all = vec![Vec::new(); settings.len()];
    for _ in 0..ROUNDS {
        for (took, (_, set)) in all.iter_mut().zip(settings) {
            set();
            took.push(work());
        }
    }
    settings[0].1();
    for (took, (name, _)) in all.iter_mut().zip(settings) {
        took.sort_by(f64::total_cmp);
        result(table, name, took[ROUNDS / 2], "ns");
    }
}

/// Calls `f` so often; nanoseconds each.
fn each(n: u32, mut f: impl FnMut(u32)) -> f64 {
    let began = Instant::now();
    (0..n).for_each(&mut f);
    began.elapsed().as_nanos() as f64 / f64::from(n)
}

pub fn measure() {
    ping_pong();
    mutex();
    heap();
}

fn ping_pong() {
    let (ping, pong) = (make::<u32>(0), make::<u32>(0));
    let (theirs, ours) = (ping.clone(), pong.clone());
    let other = go(move || theirs.into_iter().for_each(|n| ours.send(n)));
    let mut round = || {
        each(200_000, |n| {
            ping.send(n);
            black_box(pong.recv());
        })
    };
    let rate = set_block_profile_rate;
    compare(
        "block",
        &[
            ("off", &|| rate(Duration::ZERO)),
            ("1 ms", &|| rate(Duration::from_millis(1))),
            ("10 us", &|| rate(Duration::from_micros(10))),
            ("every wait", &|| rate(Duration::from_nanos(1))),
        ],
        &mut round,
    );
    let cpu = |rate| {
        cpu::stop();
        if rate > 0 {
            cpu::start(rate).expect("it was off");
        }
    };
    compare(
        "cpu",
        &[
            ("off", &|| cpu(0)),
            ("100 Hz", &|| cpu(100)),
            ("1000 Hz", &|| cpu(1000)),
        ],
        &mut round,
    );
    ping.close();
    other.join().expect("it only answers");
}

/// Two goroutines that want a lock all the time.
fn mutex() {
    const EACH: u32 = 200_000;
    let lock = Arc::new(Mutex::new(0_u64));
    let mut round = || {
        let began = Instant::now();
        let two: Vec<_> = (0..2)
            .map(|_| {
                let lock = lock.clone();
                go(move || {
                    for _ in 0..EACH {
                        let mut number = lock.lock();
                        *number = black_box(*number + 1);
                    }
                })
            })
            .collect();
        two.into_iter()
            .for_each(|g| g.join().expect("it only counts"));
        began.elapsed().as_nanos() as f64 / f64::from(2 * EACH)
    };
    let fraction = |n| _ = set_mutex_profile_fraction(n);
    compare(
        "mutex",
        &[
            ("off", &|| fraction(0)),
            ("one in 100", &|| fraction(100)),
            ("every one", &|| fraction(1)),
        ],
        &mut round,
    );
}

fn heap() {
    let mut round =
        || gompa_gc::scope(|s| each(500_000, |n| _ = black_box(s.alloc([u64::from(n); 8]))));
    let rate = |bytes| _ = gompa_gc::set_heap_profile_rate(bytes);
    compare(
        "heap",
        &[
            ("off", &|| rate(0)),
            ("one in 512 KiB", &|| rate(512 << 10)),
            ("one in 16 KiB", &|| rate(16 << 10)),
            ("every object", &|| rate(1)),
        ],
        &mut round,
    );
}
