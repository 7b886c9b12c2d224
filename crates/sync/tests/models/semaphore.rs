//! The semaphore: never more than there are, nobody forgotten.

use crate::{A_WHILE, Checked, model};
use gompa_sync::Semaphore;
use loom::sync::Arc;
use loom::thread;

type Shared = Arc<(Semaphore, Checked)>;

fn shared(n: usize) -> Shared {
    Arc::new((Semaphore::new(n), Checked::new()))
}

/// Takes all, so has the value alone.
fn add(shared: &Shared, n: usize) {
    shared.0.acquire(n);
    shared.1.add(1);
    shared.0.release(n);
}

#[test]
fn as_a_mutex() {
    model(2, || {
        let shared = shared(1);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = shared.clone();
                thread::spawn(move || add(&shared, 1))
            })
            .collect();
        add(&shared, 1);
        for other in others {
            other.join().unwrap();
        }
        assert_eq!(shared.1.get(), 3);
    });
}

#[test]
fn big_and_small() {
    model(2, || {
        let shared = shared(2);
        let big = {
            let shared = shared.clone();
            thread::spawn(move || add(&shared, 2))
        };
        let small = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.acquire(1);
                shared.1.get();
                shared.0.release(1);
            })
        };
        shared.0.acquire(1);
        shared.1.get();
        shared.0.release(1);
        big.join().unwrap();
        small.join().unwrap();
        assert_eq!(shared.0.available(), 2);
    });
}

/// A big request that gives up lets the small one behind it in.
#[test]
fn the_first_gives_up() {
    model(2, || {
        let shared = shared(2);
        shared.0.acquire(1);
        let big = {
            let shared = shared.clone();
            thread::spawn(move || {
                if shared.0.acquire_timeout(2, A_WHILE) {
                    shared.0.release(2);
                }
            })
        };
        let small = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.acquire(1);
                shared.0.release(1);
            })
        };
        // The big one cannot succeed before the small one has, unless it gives up.
        small.join().unwrap();
        shared.0.release(1);
        big.join().unwrap();
        assert_eq!(shared.0.available(), 2);
    });
}
