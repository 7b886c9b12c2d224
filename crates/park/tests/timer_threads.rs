//! Timers under real contention: every start is accounted for.
#![cfg(not(loom))]

use gompa_park::timer::{Timer, Timers};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::thread;

const TIMERS: usize = 16;
const ROUNDS: usize = if cfg!(debug_assertions) {
    20_000
} else {
    200_000
};

/// A cheap source of different choices.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

#[test]
fn every_start_is_fired_or_called_off_or_pending() {
    let heaps = [(); 2].map(|()| Arc::new(Timers::new(|_| {})));
    let fired: Arc<Vec<AtomicUsize>> = Arc::new((0..TIMERS).map(|_| AtomicUsize::new(0)).collect());
    let timers: Vec<Timer> = (0..TIMERS)
        .map(|i| {
            let fired = fired.clone();
            Timer::new(move |_| {
                fired[i].fetch_add(1, Relaxed);
            })
        })
        .collect();
    let started: Vec<AtomicUsize> = (0..TIMERS).map(|_| AtomicUsize::new(0)).collect();
    let called_off: Vec<AtomicUsize> = (0..TIMERS).map(|_| AtomicUsize::new(0)).collect();
    let (now, done) = (AtomicU64::new(1), AtomicBool::new(false));
    thread::scope(|s| {
        let owners: Vec<_> = (1..=2)
            .map(|seed| {
                let (heaps, timers, now) = (&heaps, &timers, &now);
                let (started, called_off) = (&started, &called_off);
                s.spawn(move || {
                    let mut random = Random(seed);
                    for _ in 0..ROUNDS {
                        let i = random.below(TIMERS as u64) as usize;
                        let was = if random.below(3) == 0 {
                            timers[i].stop()
                        } else {
                            let heap = &heaps[random.below(2) as usize];
                            let when = now.load(Relaxed) + random.below(50);
                            started[i].fetch_add(1, Relaxed);
                            timers[i].reset_in(heap, when, None)
                        };
                        called_off[i].fetch_add(usize::from(was), Relaxed);
                    }
                })
            })
            .collect();
        let keepers: Vec<_> = (1..=2)
            .map(|seed| {
                let (heaps, now, done) = (&heaps, &now, &done);
                s.spawn(move || {
                    let mut random = Random(seed);
                    while !done.load(SeqCst) {
                        let i = random.below(2) as usize;
                        match random.below(20) {
                            0 => heaps[i].move_all_to(&heaps[1 - i]),
                            1 => heaps[i].sweep(),
                            _ => {
                                heaps[i].run(now.fetch_add(random.below(5), Relaxed));
                            }
                        }
                    }
                })
            })
            .collect();
        for owner in owners {
            owner.join().unwrap();
        }
        done.store(true, SeqCst);
        for keeper in keepers {
            keeper.join().unwrap();
        }
    });
    for i in 0..TIMERS {
        let pending = usize::from(timers[i].stop());
        assert_eq!(
            started[i].load(Relaxed),
            fired[i].load(Relaxed) + called_off[i].load(Relaxed) + pending
        );
    }
    heaps.iter().for_each(|heap| heap.sweep());
    assert!(heaps.iter().all(|heap| heap.is_empty()));
    drop(timers);
    assert_eq!(Arc::strong_count(&fired), 1, "no reference has leaked");
}
