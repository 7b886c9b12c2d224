//! Once: done once, and nobody returns before.

use crate::{A_WHILE, Checked, model};
use gompa_sync::{Once, OnceValue};
use loom::sync::Arc;
use loom::thread;

#[test]
fn two_call() {
    model(3, || {
        let shared = Arc::new((Once::new(), Checked::new()));
        let other = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.call_once(|| shared.1.add(1));
                assert_eq!(shared.1.get(), 1);
            })
        };
        shared.0.call_once(|| shared.1.add(1));
        assert_eq!(shared.1.get(), 1);
        other.join().unwrap();
    });
}

#[test]
fn one_calls_and_two_wait() {
    model(2, || {
        let shared = Arc::new((Once::new(), Checked::new()));
        let waits = {
            let shared = shared.clone();
            thread::spawn(move || {
                shared.0.wait();
                assert_eq!(shared.1.get(), 1);
            })
        };
        let gives_up = {
            let shared = shared.clone();
            thread::spawn(move || {
                if shared.0.wait_timeout(A_WHILE) {
                    assert_eq!(shared.1.get(), 1);
                }
            })
        };
        shared.0.call_once(|| shared.1.add(1));
        waits.join().unwrap();
        gives_up.join().unwrap();
    });
}

#[test]
fn a_value_is_made_once() {
    model(3, || {
        let value = Arc::new(OnceValue::new(|| Box::new(Checked::new())));
        let other = {
            let value = value.clone();
            thread::spawn(move || value.get().get())
        };
        assert_eq!(value.get().get(), 0);
        assert_eq!(other.join().unwrap(), 0);
    });
}
