use crate::{LONG, SHORT, panic_text};
use gompa_sync::{Once, OnceValue, SharedPanic};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn done_once_by_many() {
    let (once, count) = (Once::new(), AtomicUsize::new(0));
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                once.call_once(|| {
                    thread::sleep(SHORT);
                    count.fetch_add(1, SeqCst);
                });
                assert_eq!(count.load(SeqCst), 1, "nobody returns before it is done");
            });
        }
    });
    assert!(once.is_completed());
    once.wait();
}

#[test]
fn a_panic_counts_as_done() {
    let once = Once::new();
    assert_eq!(panic_text(|| once.call_once(|| panic!("once"))), "once");
    assert!(once.is_completed());
    once.call_once(|| unreachable!("not again"));
}

#[test]
fn a_panic_lets_the_others_go() {
    let once = Once::new();
    thread::scope(|s| {
        let runner = s.spawn(|| {
            once.call_once(|| {
                thread::sleep(SHORT);
                panic!("once")
            })
        });
        s.spawn(|| once.wait());
        assert!(once.wait_timeout(LONG));
        assert!(runner.join().is_err());
    });
}

#[test]
fn within_its_own_function_it_panics() {
    let once = Once::new();
    let text = "sync: Once waits for itself: call_once within its own function";
    once.call_once(|| {
        assert_eq!(panic_text(|| once.call_once(|| ())), text);
        assert_eq!(panic_text(|| once.wait()), text);
        // Another one may be used.
        Once::new().call_once(|| ());
    });
    assert!(once.is_completed());
}

#[test]
fn waiting_does_not_do_it() {
    let once = Once::new();
    assert!(!once.wait_timeout(SHORT));
    once.call_once(|| ());
    assert!(once.wait_timeout(SHORT));
}

/// Whoever is not the first can give up; the first one is not hurried, and its work is not lost.
#[test]
fn those_that_come_later_may_give_up() {
    let value = OnceValue::new(|| {
        thread::sleep(SHORT * 4);
        7
    });
    let once = Once::new();
    let (begun, runs) = gompa_chan::channel::<()>(0);
    thread::scope(|s| {
        s.spawn(|| {
            assert!(once.call_once_timeout(Duration::ZERO, || {
                begun.send(()).unwrap();
                assert_eq!(value.get_timeout(Duration::ZERO), Some(&7));
            }));
        });
        runs.recv().unwrap();
        assert!(!once.call_once_timeout(Duration::ZERO, || unreachable!("under way")));
        assert!(!once.call_once_deadline(Instant::now(), || unreachable!("under way")));
        assert!(once.call_once_timeout(LONG, || unreachable!("under way")));
        assert_eq!(value.get_deadline(Instant::now()), Some(&7));
    });
    assert!(once.call_once_deadline(Instant::now(), || unreachable!("done")));
}

#[test]
fn a_value_is_made_once_and_its_function_dropped() {
    let made = Arc::new(AtomicUsize::new(0));
    let value = OnceValue::new({
        let made = made.clone();
        move || made.fetch_add(1, SeqCst) + 41
    });
    assert_eq!(value.try_get(), None);
    assert_eq!(value.wait_timeout(SHORT), None);
    assert_eq!(format!("{value:?}"), "OnceValue(<not made>)");
    thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| assert_eq!(*value.get(), 41));
        }
    });
    assert_eq!(value.try_get(), Some(&41));
    assert_eq!(Arc::strong_count(&made), 1);
}

#[test]
fn every_get_panics_after_a_panic() {
    let runs = Cell::new(0);
    let value: OnceValue<u32, _> = OnceValue::new(|| {
        runs.set(runs.get() + 1);
        panic!("boom {}", runs.get());
    });
    for _ in 0..3 {
        assert_eq!(panic_text(|| *value.get()), "boom 1");
    }
    assert_eq!(panic_text(|| value.try_get().copied()), "boom 1");
}

#[test]
fn a_payload_that_is_no_text_is_shared() {
    let value: OnceValue<u32> = OnceValue::new(|| panic_any(vec![1, 2]));
    for _ in 0..2 {
        let payload = catch_unwind(AssertUnwindSafe(|| *value.get())).unwrap_err();
        let shared = payload.downcast::<SharedPanic>().unwrap();
        let thrown = shared.with(|any| any.downcast_ref::<Vec<i32>>().cloned());
        assert_eq!(thrown, Some(vec![1, 2]));
    }
}

#[test]
fn a_value_that_asks_for_itself_panics() {
    static VALUE: OnceValue<u32> = OnceValue::new(|| *VALUE.get() + 1);
    let text = "sync: Once waits for itself: call_once within its own function";
    assert_eq!(panic_text(|| *VALUE.get()), text);
    assert_eq!(panic_text(|| *VALUE.get()), text);
}
