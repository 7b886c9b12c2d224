//! Models of stop, reset, sweep and move against the run that finds a timer due.
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-park --test loom_timer`
#![cfg(loom)]

use gompa_park::Lock;
use gompa_park::sync::atomic::AtomicU32;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use gompa_park::sync::thread;
use gompa_park::timer::{Fired, Timer, Timers, WaitTimer};
use std::ptr::NonNull;
use std::sync::Arc;

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// A heap with one pending timer, and how often it was called.
fn setup(when: u64, period: Option<u64>) -> (Arc<Timers>, Timer, Arc<AtomicU32>) {
    let heap = Arc::new(Timers::new(|_| {}));
    let calls = Arc::new(AtomicU32::new(0));
    let ours = calls.clone();
    let timer = Timer::new(move |_: Fired<'_>| {
        ours.fetch_add(1, Relaxed);
    });
    timer.reset_in(&heap, when, period);
    (heap, timer, calls)
}

#[test]
fn stop_against_fire() {
    model(|| {
        let (heap, timer, calls) = setup(10, None);
        let runner = {
            let heap = heap.clone();
            thread::spawn(move || heap.run(10))
        };
        let stopped = timer.stop();
        let fired = runner.join().unwrap();
        assert_eq!(fired as u32, calls.load(Relaxed));
        assert_eq!(fired, usize::from(!stopped));
        assert_eq!(heap.run(100), 0);
    });
}

#[test]
fn reset_against_fire() {
    for to in [5, 20] {
        model(move || {
            let (heap, timer, calls) = setup(10, None);
            let runner = {
                let heap = heap.clone();
                thread::spawn(move || heap.run(10))
            };
            let was = timer.reset_in(&heap, to, None);
            runner.join().unwrap();
            heap.run(20);
            assert_eq!(calls.load(Relaxed), if was { 1 } else { 2 });
            heap.sweep();
            assert!(heap.is_empty() && !timer.stop());
        });
    }
}

#[test]
fn stop_against_a_periodic_fire() {
    model(|| {
        let (heap, timer, calls) = setup(10, Some(10));
        let runner = {
            let heap = heap.clone();
            thread::spawn(move || heap.run(10))
        };
        assert!(timer.stop(), "always pending");
        let fired = runner.join().unwrap();
        assert_eq!(fired as u32, calls.load(Relaxed));
        assert_eq!(heap.run(100), 0);
    });
}

#[test]
fn two_run_one_heap() {
    model(|| {
        let (heap, timer, calls) = setup(10, None);
        let runner = {
            let heap = heap.clone();
            thread::spawn(move || heap.run(15))
        };
        let fired = heap.run(10);
        assert_eq!(fired + runner.join().unwrap(), 1);
        assert_eq!(calls.load(Relaxed), 1);
        assert!(!timer.stop());
    });
}

#[test]
fn sweep_against_stop_and_restart() {
    model(|| {
        let (heap, timer, calls) = setup(10, None);
        let sweeper = {
            let heap = heap.clone();
            thread::spawn(move || heap.sweep())
        };
        assert!(timer.stop());
        assert!(!timer.reset_in(&heap, 20, None));
        sweeper.join().unwrap();
        assert_eq!(heap.run(19), 0);
        assert_eq!(heap.run(20), 1);
        assert_eq!(calls.load(Relaxed), 1);
        heap.sweep();
        assert!(heap.is_empty());
    });
}

#[test]
fn move_against_reset() {
    for to in [5, 20] {
        model(move || {
            let (heap, timer, calls) = setup(10, None);
            let other = Arc::new(Timers::new(|_| {}));
            let mover = {
                let (heap, other) = (heap.clone(), other.clone());
                thread::spawn(move || heap.move_all_to(&other))
            };
            assert!(timer.reset_in(&heap, to, None));
            mover.join().unwrap();
            assert_eq!(heap.run(to - 1) + other.run(to - 1), 0);
            assert_eq!(heap.run(to) + other.run(to), 1);
            assert_eq!(heap.run(100) + other.run(100), 0);
            assert_eq!(calls.load(Relaxed), 1);
        });
    }
}

#[test]
fn move_against_stop() {
    model(|| {
        let (heap, timer, calls) = setup(10, None);
        let other = Arc::new(Timers::new(|_| {}));
        let mover = {
            let (heap, other) = (heap.clone(), other.clone());
            thread::spawn(move || heap.move_all_to(&other))
        };
        assert!(timer.stop());
        mover.join().unwrap();
        assert_eq!(heap.run(100) + other.run(100), 0);
        assert_eq!(calls.load(Relaxed), 0);
    });
}

/// A callback that asks under the stopper's lock does nothing after a stop: no stale value.
#[test]
fn nothing_stale_after_a_stop() {
    model(|| {
        let heap = Arc::new(Timers::new(|_| {}));
        let value = Arc::new(Lock::new(None));
        let ours = value.clone();
        let timer = Timer::new(move |fired: Fired<'_>| {
            let mut value = ours.lock();
            if fired.is_current() {
                *value = Some(fired.when);
            }
        });
        timer.reset_in(&heap, 10, None);
        let runner = {
            let heap = heap.clone();
            thread::spawn(move || heap.run(10))
        };
        {
            let mut value = value.lock();
            timer.stop();
            *value = None;
        }
        runner.join().unwrap();
        assert_eq!(*value.lock(), None);
    });
}

/// A waiter as a scheduler has it: its state is the number of its wait, even while it waits.
#[repr(C)]
struct Sleeper {
    timer: WaitTimer,
    state: AtomicU32,
}

unsafe fn fire(target: NonNull<WaitTimer>, seq: u32) {
    // SAFETY: the target is the first field of a Sleeper that outlives the model's threads.
    let sleeper = unsafe { target.cast::<Sleeper>().as_ref() };
    let _ = sleeper
        .state
        .compare_exchange(seq, seq + 1, AcqRel, Relaxed);
}

#[test]
fn a_wait_ends_once_and_the_next_is_not_lost() {
    model(|| {
        let sleeper = Arc::new(Sleeper {
            // SAFETY: `fire` tells present waits from past ones.
            timer: unsafe { WaitTimer::new(fire) },
            state: AtomicU32::new(2),
        });
        let target = NonNull::from(&*sleeper).cast();
        let heap = Arc::new(Timers::new(|_| {}));
        // SAFETY: 1. the sleeper outlives both threads. 2. this thread is its owner.
        unsafe { heap.insert_wait(10, target, 2) };
        let runner = {
            let (heap, sleeper) = (heap.clone(), sleeper.clone());
            thread::spawn(move || {
                heap.run(10);
                drop(sleeper);
            })
        };
        // Somebody else ends the wait, or comes too late.
        if sleeper
            .state
            .compare_exchange(2, 3, AcqRel, Acquire)
            .is_ok()
        {
            heap.note_dead_wait(&sleeper.timer);
        }
        // The next wait has the same deadline: a late look at the first entry may end it, too.
        sleeper.state.store(4, Release);
        // SAFETY: as above.
        unsafe { heap.insert_wait(10, target, 4) };
        runner.join().unwrap();
        heap.run(10);
        assert_eq!(sleeper.state.load(Acquire), 5);
        assert!(heap.is_empty());
    });
}
