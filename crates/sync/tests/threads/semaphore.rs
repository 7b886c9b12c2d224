use crate::{LONG, SHORT, SLOWER, panic_text, until};
use gompa_sync::Semaphore;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn never_more_than_there_are() {
    const SIZE: usize = 7;
    let (semaphore, inside) = (Semaphore::new(SIZE), AtomicUsize::new(0));
    thread::scope(|s| {
        for i in 0..4 {
            let (semaphore, inside) = (&semaphore, &inside);
            s.spawn(move || {
                for n in 0..5000 / SLOWER {
                    let k = (i + n) % SIZE + 1;
                    match n % 3 {
                        0 => semaphore.acquire(k),
                        1 => assert!(semaphore.acquire_timeout(k, LONG)),
                        _ if semaphore.try_acquire(k) => {}
                        _ => continue,
                    }
                    assert!(inside.fetch_add(k, SeqCst) + k <= SIZE);
                    inside.fetch_sub(k, SeqCst);
                    semaphore.release(k);
                }
            });
        }
    });
    assert_eq!((semaphore.available(), semaphore.size()), (SIZE, SIZE));
}

#[test]
fn releasing_more_than_held_panics_and_does_nothing() {
    let semaphore = Semaphore::new(3);
    semaphore.acquire(1);
    assert_eq!(
        panic_text(|| semaphore.release(2)),
        "semaphore: released more than held"
    );
    assert_eq!(semaphore.available(), 2);
    semaphore.release(1);
    assert_eq!(
        panic_text(|| semaphore.release(usize::MAX)),
        "semaphore: released more than held"
    );
    semaphore.release(0);
    assert!(panic_text(|| Semaphore::new(usize::MAX)).contains("out of range"));
}

fn waiters(semaphore: &Semaphore) -> bool {
    format!("{semaphore:?}").contains("awaited: true")
}

#[test]
fn a_big_request_stops_the_small_ones_behind_it() {
    let semaphore = Semaphore::new(2);
    semaphore.acquire(1);
    thread::scope(|s| {
        let big = s.spawn(|| semaphore.acquire(2));
        until(|| waiters(&semaphore));
        assert!(!semaphore.try_acquire(1));
        assert!(!semaphore.acquire_timeout(1, SHORT));
        semaphore.release(1);
        big.join().unwrap();
        assert_eq!(semaphore.available(), 0);
        semaphore.release(2);
    });
}

#[test]
fn a_big_request_that_gives_up_lets_the_small_ones_in() {
    let semaphore = Semaphore::new(2);
    semaphore.acquire(1);
    thread::scope(|s| {
        let big = s.spawn(|| semaphore.acquire_timeout(2, SHORT * 4));
        until(|| waiters(&semaphore) || big.is_finished());
        semaphore.acquire(1);
        assert!(!big.join().unwrap());
        assert!(!waiters(&semaphore));
    });
}

#[test]
fn more_than_there_are_is_waited_for_in_vain_and_stops_nobody() {
    let semaphore = Semaphore::new(2);
    let begun = Instant::now();
    assert!(!semaphore.acquire_timeout(3, SHORT));
    assert!(begun.elapsed() >= SHORT);
    assert!(!semaphore.try_acquire(3));
    assert!(!semaphore.acquire_deadline(usize::MAX, Instant::now()));
    assert!(semaphore.acquire_timeout(2, Duration::ZERO));
}

#[test]
fn guards_release() {
    let semaphore = Semaphore::new(2);
    let guard = semaphore.acquire_guard(2);
    assert!(!semaphore.try_acquire(1));
    assert_eq!(
        panic_text(move || {
            let _guard = guard;
            panic!("holding");
        }),
        "holding"
    );
    assert!(semaphore.try_acquire(2));
}
