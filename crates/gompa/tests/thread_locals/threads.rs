//! A goroutine is a thread to std: its id, its handle, its token; and it may have threads of its own.

use super::world::{all, goroutines, hop, join, return_to, thread, until, world};
use gompa::go;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI32, AtomicUsize};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::{self, Builder, current, park, park_timeout};
use std::time::{Duration, Instant};

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    static LIST: RefCell<Vec<usize>> = RefCell::new(vec![7]);
}

#[test]
fn ids_are_unique_and_stay() {
    let ids = Arc::new(Mutex::new(HashSet::new()));
    let all_ids = ids.clone();
    world(move || {
        for _ in 0..3 {
            let ids = ids.clone();
            all(50, move |_| {
                let mine = current().id();
                for _ in 0..3 {
                    hop();
                    assert_eq!(current().id(), mine);
                }
                assert!(ids.lock().unwrap().insert(mine), "two had one id");
            });
        }
    });
    assert!(!all_ids.lock().unwrap().contains(&current().id()));
    assert_eq!(all_ids.lock().unwrap().len(), 150);
}

#[test]
fn c_threads_are_equal_to_themselves() {
    let selves = Arc::new(Mutex::new(HashSet::new()));
    let alive = Arc::new(AtomicUsize::new(0));
    goroutines(20, move |_| {
        // SAFETY: asks who this is.
        let me = unsafe { libc::pthread_self() };
        assert!(selves.lock().unwrap().insert(me), "two that live are one");
        alive.fetch_add(1, SeqCst);
        until(|| alive.load(SeqCst) == 20);
        for _ in 0..3 {
            hop();
            // SAFETY: as above.
            assert_eq!(unsafe { libc::pthread_self() }, me);
        }
    });
}

#[test]
fn a_goroutine_is_unparked_by_its_handle() {
    goroutines(4, |_| {
        let (tx, rx) = mpsc::channel();
        let parks = go(move || {
            let me = current();
            hop();
            tx.send(me).unwrap();
            park();
        });
        let handle = rx.recv().unwrap();
        hop();
        handle.unpark();
        join(parks);
    });
}

#[test]
fn the_token_of_park_stays_with_its_goroutine() {
    const A_WHILE: Duration = Duration::from_millis(50);
    world(|| {
        for _ in 0..5 {
            let left_on = Arc::new(AtomicI32::new(0));
            let has_token = {
                let left_on = left_on.clone();
                go(move || {
                    current().unpark();
                    let here = thread();
                    hop();
                    left_on.store(here, SeqCst);
                    let start = Instant::now();
                    park_timeout(Duration::from_secs(30));
                    assert!(
                        start.elapsed() < Duration::from_secs(20),
                        "the token is gone"
                    );
                })
            };
            until(|| left_on.load(SeqCst) != 0);
            return_to(left_on.load(SeqCst));
            let start = Instant::now();
            park_timeout(A_WHILE);
            assert!(start.elapsed() >= A_WHILE, "the token of another");
            join(has_token);
        }
    });
}

#[test]
fn threads_are_started_and_joined() {
    goroutines(8, |i| {
        NUMBER.set(5);
        let plain = thread::spawn(move || {
            assert_eq!(NUMBER.replace(9), 0);
            LIST.with_borrow_mut(|list| list.push(1));
            i * 2
        });
        hop();
        assert_eq!(plain.join().unwrap(), i * 2);
        assert_eq!(NUMBER.get(), 5);
        let named = Builder::new().name("inner".into());
        let named = named.spawn(|| current().name().map(str::to_owned)).unwrap();
        hop();
        assert_eq!(named.join().unwrap().as_deref(), Some("inner"));
        let panics = thread::spawn(|| -> () { std::panic::resume_unwind(Box::new(3)) });
        hop();
        let panic = panics.join().unwrap_err();
        assert_eq!(*panic.downcast::<i32>().unwrap(), 3);
    });
}

#[test]
fn threads_borrow_from_a_goroutine() {
    goroutines(8, |_| {
        let mut list = vec![1, 2, 3];
        let number = Mutex::new(0);
        thread::scope(|scope| {
            scope.spawn(|| list.push(4));
            scope.spawn(|| *number.lock().unwrap() += 1);
            hop();
            *number.lock().unwrap() += 1;
        });
        hop();
        assert_eq!(list, [1, 2, 3, 4]);
        assert_eq!(number.into_inner().unwrap(), 2);
    });
}

#[test]
fn a_thread_starts_goroutines_for_a_goroutine() {
    goroutines(4, |i| {
        let from_thread = thread::spawn(move || {
            let inner = go(move || {
                assert_eq!(NUMBER.replace(i), 0);
                i + 1
            });
            inner.join().unwrap()
        });
        hop();
        assert_eq!(from_thread.join().unwrap(), i + 1);
    });
}

#[test]
fn a_locked_goroutine_stays_on_its_thread() {
    goroutines(2, |i| {
        let guard = gompa::lock_os_thread();
        let here = thread();
        NUMBER.set(i);
        for _ in 0..20 {
            gompa::gosched();
            gompa::blocking(|| ());
            assert_eq!(thread(), here);
            assert_eq!(NUMBER.get(), i);
        }
        drop(guard);
        hop();
        assert_eq!(NUMBER.get(), i);
    });
}
