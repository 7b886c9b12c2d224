//! The small lock.

#![cfg(not(loom))]

use gompa_park::Lock;
use std::sync::Arc;

#[test]
fn a_try_that_fails_leaves_the_lock_taken() {
    let lock = Lock::new(1);
    let held = lock.lock();
    assert!(lock.try_lock().is_none());
    assert!(lock.try_lock().is_none(), "the first try released it");
    drop(held);
    *lock.try_lock().expect("free") += 1;
    assert_eq!(*lock.lock(), 2);
}

#[test]
fn one_at_a_time() {
    const THREADS: usize = 4;
    const EACH: usize = 10_000;
    let lock = Arc::new(Lock::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|i| {
            let lock = lock.clone();
            std::thread::spawn(move || {
                for _ in 0..EACH {
                    let mut value = match lock.try_lock() {
                        Some(value) if i % 2 == 0 => value,
                        other => {
                            drop(other);
                            lock.lock()
                        }
                    };
                    *value += 1;
                }
            })
        })
        .collect();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    assert_eq!(*lock.lock(), THREADS * EACH);
}
