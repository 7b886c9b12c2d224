use crate::{LONG, SHORT, until};
use gompa_sync::{Cond, Mutex};
use std::thread;
use std::time::Instant;

/// Waits in a known order: each is in the queue before the next one comes.
fn queue_up<'s>(
    s: &'s thread::Scope<'s, '_>,
    n: usize,
    state: &'s (Mutex<(usize, Vec<usize>)>, Cond),
) {
    for i in 0..n {
        s.spawn(move || {
            let mut guard = state.0.lock();
            guard.0 += 1;
            guard = state.1.wait(guard);
            guard.1.push(i);
        });
        // Whoever has the mutex after it has counted finds it waiting.
        until(|| state.0.lock().0 == i + 1);
    }
}

#[test]
fn signals_wake_in_order() {
    let state = (Mutex::new((0, Vec::new())), Cond::new());
    thread::scope(|s| {
        queue_up(s, 5, &state);
        for n in 1..=5 {
            state.1.signal();
            until(|| state.0.lock().1.len() == n);
        }
        assert_eq!(state.0.lock().1, [0, 1, 2, 3, 4]);
    });
}

#[test]
fn a_broadcast_wakes_all() {
    let state = (Mutex::new((0, Vec::new())), Cond::new());
    thread::scope(|s| {
        queue_up(s, 5, &state);
        state.1.broadcast();
    });
    assert_eq!(state.0.lock().1.len(), 5);
}

#[test]
fn a_signal_for_nobody_is_lost() {
    let (mutex, cond) = (Mutex::new(()), Cond::new());
    cond.signal();
    cond.broadcast();
    let (guard, signalled) = cond.wait_timeout(mutex.lock(), SHORT);
    assert!(!signalled);
    drop(guard);
    let (guard, signalled) = cond.wait_deadline(mutex.lock(), Instant::now() + SHORT);
    assert!(!signalled && mutex.is_locked());
    drop(guard);
}

#[test]
fn waiting_for_a_condition() {
    let (mutex, cond) = (Mutex::new(0), Cond::new());
    thread::scope(|s| {
        s.spawn(|| {
            for _ in 0..10 {
                *mutex.lock() += 1;
                cond.broadcast();
            }
        });
        let guard = cond.wait_while(mutex.lock(), |n| *n < 10);
        assert_eq!(*guard, 10);
    });
    let (guard, _) = cond.wait_timeout(mutex.lock(), SHORT);
    assert_eq!(*guard, 10);
}

#[test]
fn two_mutexes_at_one_cond() {
    let (a, b, cond) = (Mutex::new(false), Mutex::new(false), Cond::new());
    thread::scope(|s| {
        for mutex in [&a, &b] {
            let cond = &cond;
            s.spawn(move || {
                let mut guard = mutex.lock();
                while !*guard {
                    let (again, signalled) = cond.wait_timeout(guard, LONG);
                    assert!(signalled);
                    guard = again;
                }
            });
        }
        *a.lock() = true;
        *b.lock() = true;
        cond.broadcast();
    });
}
