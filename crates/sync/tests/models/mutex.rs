//! The mutex: exclusion, no lost wake-up, no hand-over to somebody who has gone.

use crate::{A_WHILE, Checked, model};
use gompa_sync::Mutex;
use loom::sync::Arc;
use loom::thread;

fn add(mutex: &Mutex<Checked>) {
    mutex.lock().add(1);
}

#[test]
fn two_lock() {
    model(3, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let other = {
            let mutex = mutex.clone();
            thread::spawn(move || {
                add(&mutex);
                add(&mutex);
            })
        };
        add(&mutex);
        add(&mutex);
        other.join().unwrap();
        assert_eq!(mutex.lock().get(), 4);
        assert!(!mutex.is_locked());
    });
}

#[test]
fn three_lock() {
    model(2, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let others: Vec<_> = (0..2)
            .map(|_| {
                let mutex = mutex.clone();
                thread::spawn(move || add(&mutex))
            })
            .collect();
        add(&mutex);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(mutex.lock().get(), 3);
    });
}

/// One waits and starves, for two others take and give it again and again.
#[test]
fn one_starves() {
    model(2, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let others: Vec<_> = (0..2)
            .map(|i| {
                let mutex = mutex.clone();
                thread::spawn(move || {
                    add(&mutex);
                    if i == 0 {
                        add(&mutex);
                    }
                })
            })
            .collect();
        add(&mutex);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(mutex.lock().get(), 4);
    });
}

/// Those that give up leave nothing behind, whether they were woken on the way or not.
#[test]
fn one_gives_up() {
    model(3, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let timed = {
            let mutex = mutex.clone();
            thread::spawn(move || match mutex.lock_timeout(A_WHILE) {
                Some(guard) => {
                    guard.add(1);
                    1
                }
                None => 0,
            })
        };
        add(&mutex);
        let n = 1 + timed.join().unwrap();
        assert_eq!(mutex.lock().get(), n);
        assert!(mutex.try_lock().is_some());
    });
}

#[test]
fn one_gives_up_while_another_waits() {
    model(2, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let timed = {
            let mutex = mutex.clone();
            thread::spawn(move || drop(mutex.lock_timeout(A_WHILE)))
        };
        let other = {
            let mutex = mutex.clone();
            thread::spawn(move || add(&mutex))
        };
        add(&mutex);
        timed.join().unwrap();
        other.join().unwrap();
        assert_eq!(mutex.lock().get(), 2);
    });
}

#[test]
fn tries_see_what_happened_before() {
    model(3, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let other = {
            let mutex = mutex.clone();
            thread::spawn(move || {
                if let Some(guard) = mutex.try_lock() {
                    guard.add(1);
                }
            })
        };
        add(&mutex);
        other.join().unwrap();
        assert!((1..=2).contains(&mutex.lock().get()));
    });
}

/// Two unlockers (M4 of the protocols): one has freed the mutex and is late; another takes and frees
/// it twice meanwhile; then the late one hands it to the waiter that starves, which must see what the
/// other did. The yields stand for preemptions.
#[test]
fn a_late_unlocker_hands_over_what_another_did() {
    model(2, || {
        let mutex = Arc::new(Mutex::new(Checked::new()));
        let late = mutex.lock();
        let starves = {
            let mutex = mutex.clone();
            thread::spawn(move || add(&mutex))
        };
        // So that it may queue.
        thread::yield_now();
        let other = {
            let mutex = mutex.clone();
            thread::spawn(move || {
                if let Some(guard) = mutex.try_lock() {
                    guard.add(1);
                }
                if let Some(guard) = mutex.try_lock() {
                    guard.add(1);
                    // The waiter loses, and starves.
                    thread::yield_now();
                }
            })
        };
        drop(late);
        starves.join().unwrap();
        other.join().unwrap();
    });
}
