//! Destructors of thread-locals: run at the goroutine's end, on it, before anybody learns of the end.

use super::world::{all, hop, in_child, join, stderr, thread, until, world};
use gompa::{Builder, chan, go, goexit, gosched};
use std::cell::{Cell, RefCell};
use std::os::unix::process::ExitStatusExt;
use std::panic::resume_unwind;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

thread_local! {
    /// Who this is.
    static TAG: Cell<usize> = const { Cell::new(0) };
}

/// Calls its function when dropped.
struct AtEnd(Box<dyn FnMut()>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        (self.0)();
    }
}

thread_local! {
    static FIRST: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
    static SECOND: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
    static THIRD: RefCell<Option<AtEnd>> = const { RefCell::new(None) };
}

type Slot = std::thread::LocalKey<RefCell<Option<AtEnd>>>;

/// At the end of this goroutine: `f`.
fn at_end(slot: &'static Slot, f: impl FnMut() + 'static) {
    slot.with_borrow_mut(|end| *end = Some(AtEnd(Box::new(f))));
}

#[test]
fn they_have_run_when_join_returns() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        for round in 0..5 {
            let one = |i: usize| {
                let tag = round * 100 + i + 1;
                go(move || {
                    TAG.set(tag);
                    hop();
                    at_end(&FIRST, move || {
                        assert_eq!(TAG.get(), tag, "on another goroutine");
                        RUN.fetch_add(1, SeqCst);
                    });
                    hop();
                })
            };
            let started: Vec<_> = (0..20).map(one).collect();
            started.into_iter().for_each(join);
            assert_eq!(RUN.load(SeqCst), 20 * (round + 1));
        }
    });
}

#[test]
fn they_have_run_when_a_scoped_join_returns() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        gompa::scope(|scope| {
            for i in 1..=10 {
                let ends = scope.go(|| {
                    at_end(&FIRST, || {
                        hop();
                        RUN.fetch_add(1, SeqCst);
                    });
                    hop();
                });
                ends.join().unwrap();
                assert_eq!(RUN.load(SeqCst), i);
            }
        });
    });
}

#[test]
fn the_last_one_registered_is_the_first_to_run() {
    thread_local!(static ORDER: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) });
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        all(10, |_| {
            ORDER.with_borrow_mut(|order| order.push(0));
            for (i, slot) in [(1, &FIRST), (2, &SECOND), (3, &THIRD)] {
                at_end(slot, move || {
                    hop();
                    ORDER.with_borrow_mut(|order| order.push(i));
                    if i == 1 {
                        ORDER.with_borrow(|order| assert_eq!(*order, [0, 3, 2, 1]));
                        SEEN.fetch_add(1, SeqCst);
                    }
                });
                hop();
            }
        });
        assert_eq!(SEEN.load(SeqCst), 10);
    });
}

#[test]
fn a_destructor_moves_and_uses_thread_locals_for_the_first_time() {
    struct Outer;
    impl Drop for Outer {
        fn drop(&mut self) {
            hop();
            INNER.with(|_| ());
            RUN.fetch_add(1, SeqCst);
        }
    }
    struct Inner;
    impl Drop for Inner {
        fn drop(&mut self) {
            let me = std::thread::current().id();
            hop();
            assert_eq!(std::thread::current().id(), me);
            assert!(OUTER.try_with(|_| ()).is_err(), "it is gone");
            RUN.fetch_add(100, SeqCst);
        }
    }
    thread_local! {
        static OUTER: Outer = const { Outer };
        static INNER: Inner = const { Inner };
    }
    static RUN: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        all(10, |_| {
            OUTER.with(|_| ());
            hop();
        });
        assert_eq!(RUN.load(SeqCst), 1010);
    });
}

#[test]
fn a_destructor_parks() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        let (ask, answer) = (chan::make::<usize>(0), chan::make::<usize>(0));
        let server = {
            let (ask, answer) = (ask.clone(), answer.clone());
            go(move || {
                for question in &ask {
                    gosched();
                    answer.send(question + 1);
                }
            })
        };
        let last = ask.clone();
        all(10, move |i| {
            let (ask, answer) = (ask.clone(), answer.clone());
            TAG.set(i);
            at_end(&FIRST, move || {
                gompa::time::sleep(Duration::from_millis(2));
                ask.send(i);
                assert!(answer.recv().unwrap() > 0);
                assert_eq!(TAG.get(), i);
                RUN.fetch_add(1, SeqCst);
            });
        });
        assert_eq!(RUN.load(SeqCst), 10);
        last.close();
        join(server);
    });
}

#[test]
fn a_destructor_starts_goroutines_and_threads() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    fn spawn(depth: usize) {
        TAG.set(depth);
        at_end(&FIRST, move || {
            assert_eq!(TAG.get(), depth);
            RUN.fetch_add(1, SeqCst);
            if depth > 0 {
                let child = go(move || spawn(depth - 1));
                let thread = std::thread::spawn(|| TAG.replace(9));
                hop();
                join(child);
                assert_eq!(thread.join().unwrap(), 0);
            }
        });
    }
    world(|| {
        all(5, |_| spawn(4));
        assert_eq!(RUN.load(SeqCst), 25);
    });
}

#[test]
fn they_run_after_a_panic_and_after_goexit() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    world(|| {
        for i in 0..20 {
            let ends = go(move || {
                at_end(&FIRST, || {
                    hop();
                    assert!(!std::thread::panicking());
                    RUN.fetch_add(1, SeqCst);
                });
                hop();
                if i % 2 == 0 {
                    resume_unwind(Box::new(i));
                }
                goexit();
            });
            assert!(ends.join().is_err());
            assert_eq!(RUN.load(SeqCst), i + 1);
        }
    });
}

#[test]
fn a_result_that_nobody_wants_may_use_thread_locals() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    struct UsesThem;
    impl Drop for UsesThem {
        fn drop(&mut self) {
            hop();
            at_end(&SECOND, || {
                hop();
                RUN.fetch_add(1, SeqCst);
            });
        }
    }
    world(|| {
        for _ in 0..10 {
            drop(go(|| {
                at_end(&FIRST, hop);
                UsesThem
            }));
        }
        until(|| RUN.load(SeqCst) == 10);
    });
}

#[test]
fn they_have_run_when_the_runtime_is_gone() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    Builder::new().procs(2).run(|| {
        let (ready, never) = (chan::make::<()>(0), chan::make::<()>(0));
        for _ in 0..10 {
            let (ready, never) = (ready.clone(), never.clone());
            drop(go(move || {
                at_end(&FIRST, || {
                    RUN.fetch_add(1, SeqCst);
                });
                ready.send(());
                never.recv();
            }));
        }
        for _ in 0..10 {
            ready.recv().unwrap();
        }
    });
    assert_eq!(RUN.load(SeqCst), 10);
}

#[test]
fn values_of_pthread_keys_are_destroyed_on_the_goroutine() {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    static KEY: std::sync::OnceLock<libc::pthread_key_t> = std::sync::OnceLock::new();
    extern "C" fn destroy(value: *mut libc::c_void) {
        hop();
        assert_eq!(TAG.get(), value.addr(), "on another goroutine");
        let key = *KEY.get().unwrap();
        // SAFETY: the key was made; its value is a number.
        unsafe {
            assert!(libc::pthread_getspecific(key).is_null());
            if value.addr() < 1000 {
                TAG.set(value.addr() + 1000);
                libc::pthread_setspecific(key, TAG.get() as *const _); // once more
            }
        }
        RUN.fetch_add(1, SeqCst);
    }
    let mut key = 0;
    // SAFETY: writes the key.
    let error = unsafe { libc::pthread_key_create(&mut key, Some(destroy)) };
    assert_eq!(error, 0);
    KEY.set(key).unwrap();
    world(move || {
        all(10, move |i| {
            TAG.set(i + 1);
            // SAFETY: the key was made; the value is a number.
            unsafe {
                assert!(libc::pthread_getspecific(key).is_null());
                libc::pthread_setspecific(key, (i + 1) as *const _);
                hop();
                assert_eq!(libc::pthread_getspecific(key).addr(), i + 1);
            }
        });
        assert_eq!(RUN.load(SeqCst), 20);
    });
}

#[test]
fn one_that_panics_ends_the_process() {
    let output = in_child("destructors::one_that_panics_ends_the_process", || {
        world(|| {
            let ends = go(|| {
                hop();
                at_end(&FIRST, || panic!("in a destructor"));
            });
            join(ends);
        });
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    assert!(stderr(&output).contains("in a destructor"));
}

#[test]
fn the_end_is_on_whatever_thread_the_goroutine_got_to() {
    world(|| {
        let moved = AtomicUsize::new(0);
        gompa::scope(|scope| {
            for _ in 0..10 {
                let moved = &moved;
                scope.go(move || {
                    let first = thread();
                    at_end(&FIRST, move || assert_ne!(thread(), 0));
                    hop();
                    moved.fetch_add(usize::from(thread() != first), SeqCst);
                });
            }
        });
        assert_eq!(moved.load(SeqCst), 10);
    });
}
