//! Condition variables: no signal is lost on one who waits.

use crate::{A_WHILE, model};
use gompa_sync::{Cond, Mutex};
use loom::sync::Arc;
use loom::thread;

struct Shared {
    ready: Mutex<u32>,
    changed: Cond,
}

fn shared() -> Arc<Shared> {
    Arc::new(Shared {
        ready: Mutex::new(0),
        changed: Cond::new(),
    })
}

/// Waits for one, and takes it.
fn take(shared: &Shared) {
    let ready = shared.ready.lock();
    let mut ready = shared.changed.wait_while(ready, |n| *n == 0);
    *ready -= 1;
}

#[test]
fn one_waits_one_signals() {
    model(3, || {
        let shared = shared();
        let waiter = {
            let shared = shared.clone();
            thread::spawn(move || take(&shared))
        };
        *shared.ready.lock() += 1;
        shared.changed.signal();
        waiter.join().unwrap();
    });
}

#[test]
fn two_wait_for_a_broadcast() {
    model(2, || {
        let shared = shared();
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || take(&shared))
            })
            .collect();
        *shared.ready.lock() += 2;
        shared.changed.broadcast();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    });
}

/// A signal goes to one who still waits, though another gives up at the same time.
#[test]
fn one_gives_up() {
    model(2, || {
        let shared = shared();
        let waiter = {
            let shared = shared.clone();
            thread::spawn(move || take(&shared))
        };
        let gives_up = {
            let shared = shared.clone();
            thread::spawn(move || {
                let ready = shared.ready.lock();
                if *ready == 0 {
                    let (ready, signalled) = shared.changed.wait_timeout(ready, A_WHILE);
                    drop(ready);
                    // It does not take what it was signalled for: whoever does not must pass it on.
                    if signalled {
                        shared.changed.signal();
                    }
                }
            })
        };
        *shared.ready.lock() += 1;
        shared.changed.signal();
        waiter.join().unwrap();
        gives_up.join().unwrap();
    });
}
