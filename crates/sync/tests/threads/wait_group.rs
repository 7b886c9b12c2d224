use crate::{LONG, SHORT, panic_text};
use gompa_sync::WaitGroup;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn go_runs_and_is_waited_for() {
    let (group, count) = (WaitGroup::new(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..20 {
        let count = count.clone();
        group.go(move || {
            count.fetch_add(1, SeqCst);
        });
    }
    group.wait();
    assert_eq!(count.load(SeqCst), 20);
}

#[test]
fn any_integer_counts() {
    let group = WaitGroup::new();
    group.add(3);
    group.add(2usize);
    group.add(-4i64);
    group.add(1u8);
    group.done();
    assert!(!group.wait_timeout(SHORT));
    group.done();
    assert!(group.wait_timeout(Duration::ZERO));
    assert_eq!(format!("{group:?}"), "WaitGroup { counter: 0, .. }");
}

#[test]
fn a_negative_counter_panics() {
    let group = WaitGroup::new();
    assert_eq!(
        panic_text(|| group.done()),
        "sync: negative WaitGroup counter"
    );
    group.add(1);
    assert_eq!(
        panic_text(|| group.add(-2)),
        "sync: negative WaitGroup counter"
    );
    // The group is as it was before the misuse.
    group.done();
    group.wait();
    assert!(panic_text(|| group.add(u64::MAX)).contains("overflow"));
    group.add(i32::MAX);
    assert!(panic_text(|| group.add(1)).contains("overflow"));
    group.add(-i32::MAX);
    group.wait();
}

#[test]
fn many_wait_and_it_is_used_again() {
    let group = WaitGroup::new();
    for _ in 0..50 {
        group.add(2);
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                let group = group.clone();
                thread::spawn(move || group.wait())
            })
            .collect();
        group.done();
        group.done();
        for waiter in waiters {
            waiter.join().unwrap();
        }
    }
}

#[test]
fn limits() {
    let group = WaitGroup::new();
    group.add(1);
    assert!(!group.wait_deadline(Instant::now() + SHORT));
    let other = {
        let group = group.clone();
        thread::spawn(move || group.wait_timeout(LONG))
    };
    thread::sleep(SHORT);
    group.done();
    assert!(other.join().unwrap());
}

#[test]
fn a_panic_counts_as_done() {
    let group = WaitGroup::new();
    group.go(|| panic!("on purpose"));
    group.wait();
}
