//! A program that does a little of everything.

use gompa_chan::{Chan, make, time};
use gompa_gc::Root;
use gompa_insight::metrics::{Heap, provide_heap};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// The work ends when it is dropped.
pub struct Work(Arc<AtomicBool>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

#[inline(never)]
fn idle_worker(jobs: Chan<u64>) {
    for job in &jobs {
        std::hint::black_box(job);
    }
}

pub fn start() -> Work {
    let stop = Arc::new(AtomicBool::new(false));
    let jobs = make::<u64>(0);
    for _ in 0..120 {
        let jobs = jobs.clone();
        drop(gompa_sched::go(move || idle_worker(jobs)));
    }
    for n in 0..3 {
        let (jobs, stop) = (jobs.clone(), stop.clone());
        drop(gompa_sched::go(move || producer(n, &jobs, &stop)));
    }
    for n in 0..60 {
        let stop = stop.clone();
        drop(gompa_sched::go(move || {
            while !stop.load(Relaxed) {
                time::sleep(Duration::from_millis(20 + n));
            }
        }));
    }
    for _ in 0..24 {
        drop(gompa_sched::go(|| {
            let (a, b) = (make::<()>(0), make::<()>(0));
            gompa_chan::select! {
                recv(a) -> _ => {},
                recv(b) -> _ => {},
            }
        }));
    }
    for _ in 0..2 {
        let stop = stop.clone();
        drop(gompa_sched::go(move || {
            while !stop.load(Relaxed) {
                gompa_sched::blocking(|| std::thread::sleep(Duration::from_millis(80)));
                time::sleep(Duration::from_millis(5));
            }
        }));
    }
    provide_heap(heap);
    let its = stop.clone();
    drop(gompa_sched::go(move || allocate(&its)));
    Work(stop)
}

/// Bursts of jobs, and something to compute between them.
fn producer(n: u64, jobs: &Chan<u64>, stop: &AtomicBool) {
    let mut round = n;
    while !stop.load(Relaxed) {
        for job in 0..40 + round % 60 {
            jobs.send(job);
        }
        drop(gompa_sched::go(|| {
            std::hint::black_box((0..30_000u64).sum::<u64>())
        }));
        std::hint::black_box((0..200_000u64).fold(0, |a, b| a ^ b.wrapping_mul(31)));
        time::sleep(Duration::from_millis(2 + round % 5));
        round += 1;
    }
}

/// Garbage, and a collection now and then.
fn allocate(stop: &AtomicBool) {
    let mut kept: Vec<Root<[u64; 64]>> = Vec::new();
    let mut n = 0u32;
    while !stop.load(Relaxed) {
        for _ in 0..400 {
            gompa_gc::scope(|s| kept.push(Root::new(s.alloc([1u64; 64]))));
        }
        n += 1;
        if kept.len() > 12_000 {
            kept.clear();
        }
        if n.is_multiple_of(60) {
            gompa_sched::blocking(gompa_gc::collect);
        }
        time::sleep(Duration::from_millis(10));
    }
}

fn heap() -> Heap {
    let stats = gompa_gc::stats();
    Heap {
        alive: stats.heap_alloc,
        goal: stats.next_gc,
        in_use: stats.heap_inuse,
        cycles: stats.num_gc,
        ..Heap::default()
    }
}
