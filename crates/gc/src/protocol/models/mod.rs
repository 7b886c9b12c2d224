//! Every interleaving of small programs, by loom:
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-gc --lib`

use super::claim::Claim;
use super::frame::Frame;
use super::log::Log;
use super::phase::{Ctl, Phase};
use super::pool::Pool;
use gompa_park::barrier;
use gompa_park::sync::atomic::AtomicUsize;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::{UnsafeCell, thread};
use std::sync::Arc;

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

const OFF: Ctl = Ctl::new(1, Phase::Off);
const PREP: Ctl = Ctl::new(2, Phase::Prep);

fn handshake(frame: &Frame, ctl: Ctl) {
    frame.announce(ctl);
    barrier::heavy();
    while !frame.is_idle() {
        thread::yield_now();
    }
}

/// After a handshake no operation is under way that has not seen the announcement.
#[test]
fn handshake_and_operations() {
    model(|| {
        // Written by operations that saw OFF, read by the collector after the handshake: a race, if
        // the two could overlap.
        let shared = Arc::new((Frame::new(OFF), UnsafeCell::new(0)));
        let carrier = {
            let shared = shared.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    shared.0.enter();
                    if shared.0.ctl() == OFF {
                        // SAFETY: loom checks that nobody else has it.
                        shared.1.with_mut(|n| unsafe { *n += 1 });
                    }
                    shared.0.leave();
                }
            })
        };
        handshake(&shared.0, PREP);
        // SAFETY: as above.
        let seen = shared.1.with_mut(|n| unsafe { *n });
        assert!(seen <= 2);
        carrier.join().unwrap();
        // SAFETY: as above.
        assert_eq!(shared.1.with_mut(|n| unsafe { *n }), seen);
    });
}

/// A pin is opened in an operation and outlasts it: the handshake waits for its end.
#[test]
fn handshake_and_pins() {
    model(|| {
        let shared = Arc::new((Frame::new(OFF), UnsafeCell::new(0)));
        let carrier = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.enter();
                let ctl = shared.0.ctl();
                shared.0.pin();
                shared.0.leave();
                // An operation inside, as there are many.
                shared.0.enter();
                shared.0.leave();
                if ctl == OFF {
                    // SAFETY: loom checks that nobody else has it.
                    shared.1.with_mut(|n| unsafe { *n += 1 });
                }
                shared.0.unpin(1);
            })
        };
        handshake(&shared.0, PREP);
        // SAFETY: as above.
        let seen = shared.1.with_mut(|n| unsafe { *n });
        carrier.join().unwrap();
        // SAFETY: as above.
        assert_eq!(shared.1.with_mut(|n| unsafe { *n }), seen);
    });
}

/// Whoever waits need not be the one who announced: the cycle has changed hands.
#[test]
fn handshake_by_two() {
    model(|| {
        let shared = Arc::new((Frame::new(OFF), UnsafeCell::new(0), AtomicUsize::new(0)));
        let carrier = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.enter();
                if shared.0.ctl() == OFF {
                    // SAFETY: loom checks that nobody else has it.
                    shared.1.with_mut(|n| unsafe { *n += 1 });
                }
                shared.0.leave();
            })
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.announce(PREP);
                barrier::heavy();
                shared.2.store(1, Release); // the lock of who drives is released
            })
        };
        while shared.2.load(Acquire) == 0 || !shared.0.is_idle() {
            thread::yield_now();
        }
        // SAFETY: as above.
        let seen = shared.1.with_mut(|n| unsafe { *n });
        carrier.join().unwrap();
        other.join().unwrap();
        // SAFETY: as above.
        assert_eq!(shared.1.with_mut(|n| unsafe { *n }), seen);
    });
}

/// What was logged is drained once, in spite of the full ring.
#[test]
fn log_loses_nothing() {
    model(|| {
        let log = Arc::new(Log::new());
        let carrier = {
            let log = log.clone();
            thread::spawn(move || (1..=4).for_each(|i| _ = log.push(i)))
        };
        let mut got = Vec::new();
        log.drain(|i| got.push(i));
        carrier.join().unwrap();
        log.drain(|i| got.push(i));
        got.sort();
        assert_eq!(got, [1, 2, 3, 4]);
        assert!(log.is_empty());
    });
}

/// A store shades first: whoever sees the stored value after a heavy fence finds it in the log.
#[test]
fn log_before_store() {
    model(|| {
        let shared = Arc::new((Frame::new(PREP), Log::new(), AtomicUsize::new(0)));
        let carrier = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.enter();
                shared.1.push(7);
                shared.2.store(7, Release);
                shared.0.leave();
            })
        };
        if shared.2.load(Acquire) == 7 {
            assert!(!shared.1.is_empty(), "stored, and not logged");
        }
        barrier::heavy();
        let idle = shared.0.is_idle();
        let stored = shared.2.load(Acquire) == 7;
        assert!(!(idle && stored && shared.1.is_empty()));
        carrier.join().unwrap();
    });
}

/// A mutator is scanned once; who loses the claim goes on after the scan only.
#[test]
fn one_scan() {
    model(|| {
        let shared = Arc::new((Claim::new(), UnsafeCell::new(0), AtomicUsize::new(0)));
        let scan = |shared: &(Claim, UnsafeCell<usize>, AtomicUsize)| {
            if shared.0.take(2) {
                shared.2.fetch_add(1, Relaxed);
                // SAFETY: claimed; loom checks.
                shared.1.with_mut(|n| unsafe { *n += 1 });
                shared.0.finish(2);
            } else {
                shared.0.wait(2);
                // SAFETY: nobody scans any more.
                shared.1.with(|n| assert_eq!(unsafe { *n }, 1));
            }
        };
        let other = {
            let shared = shared.clone();
            thread::spawn(move || scan(&shared))
        };
        scan(&shared);
        other.join().unwrap();
        assert_eq!(shared.2.load(Relaxed), 1);
        assert!(shared.0.is_done(2) && !shared.0.is_done(3) && shared.0.take(3));
    });
}

/// The pool is quiet only when everything put there has been marked.
#[test]
fn termination() {
    model(|| {
        let shared = Arc::new((Pool::new(), AtomicUsize::new(0)));
        shared.0.open(2);
        shared.0.put(vec![2]);
        let marker = |shared: &(Pool, AtomicUsize)| {
            // An object of value 2 has another one behind it.
            while let Some((chunk, cycle)) = shared.0.begin() {
                assert_eq!(cycle, 2);
                shared.1.fetch_add(1, Relaxed);
                let rest = if chunk[0] > 1 {
                    vec![chunk[0] - 1]
                } else {
                    Vec::new()
                };
                shared.0.rest(rest);
            }
        };
        let second = {
            let shared = shared.clone();
            thread::spawn(move || marker(&shared))
        };
        loop {
            marker(&shared);
            if shared.0.is_quiet() {
                break;
            }
            thread::yield_now();
        }
        assert_eq!(shared.1.load(Relaxed), 2, "quiet too early");
        second.join().unwrap();
    });
}
