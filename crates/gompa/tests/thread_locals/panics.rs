//! A panic is its goroutine's: the count, the hook, the unwinding, wherever it goes on meanwhile.

use super::world::{all, goroutines, hop, in_child, join, return_to, stderr, thread, until, world};
use gompa::go;
use std::backtrace::Backtrace;
use std::cell::Cell;
use std::os::unix::process::ExitStatusExt;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI32, AtomicUsize};
use std::sync::{Arc, Mutex};
use std::thread::panicking;

/// Moves about while it is dropped in an unwinding.
struct Moves;

impl Drop for Moves {
    fn drop(&mut self) {
        for _ in 0..3 {
            assert!(panicking());
            hop();
        }
    }
}

#[test]
fn unwinding_goes_on_on_another_thread() {
    goroutines(8, |_| {
        for k in 0..10 {
            let caught = catch_unwind(|| {
                let _moves = Moves;
                hop();
                resume_unwind(Box::new(k));
            });
            assert_eq!(*caught.unwrap_err().downcast::<i32>().unwrap(), k);
            assert!(!panicking());
            hop();
            assert!(!panicking());
        }
    });
}

#[test]
fn others_on_the_same_thread_are_not_panicking() {
    static BEGAN_ON: AtomicI32 = AtomicI32::new(0);
    static DONE: AtomicI32 = AtomicI32::new(0);
    struct Waits;
    impl Drop for Waits {
        fn drop(&mut self) {
            BEGAN_ON.store(thread(), SeqCst);
            hop();
            until(|| DONE.load(SeqCst) == 1);
            assert!(panicking());
        }
    }
    world(|| {
        let unwinds = go(|| {
            let _waits = Waits;
            resume_unwind(Box::new(1));
        });
        until(|| BEGAN_ON.load(SeqCst) != 0);
        return_to(BEGAN_ON.load(SeqCst));
        assert!(!panicking());
        let lock = Mutex::new(1);
        drop(lock.lock().unwrap());
        assert!(!lock.is_poisoned(), "nobody panics here");
        assert!(catch_unwind(|| resume_unwind(Box::new(2))).is_err());
        DONE.store(1, SeqCst);
        assert_eq!(*unwinds.join().unwrap_err().downcast::<i32>().unwrap(), 1);
        // The count is back to nothing on all threads.
        all(20, |_| assert!(!panicking()));
    });
}

#[test]
fn a_lock_is_poisoned_by_whoever_panics() {
    world(|| {
        let mine = Arc::new((Mutex::new(0), Mutex::new(0)));
        let theirs = mine.clone();
        let ends = go(move || {
            *theirs.0.lock().unwrap() += 1;
            hop();
            let mut guard = theirs.1.lock().unwrap();
            hop();
            *guard = 5;
            resume_unwind(Box::new(()));
        });
        assert!(ends.join().is_err());
        assert_eq!(*mine.0.lock().unwrap(), 1);
        let poisoned = mine.1.lock().unwrap_err();
        assert_eq!(**poisoned.get_ref(), 5);
    });
}

#[test]
fn a_panic_within_an_unwinding_is_caught_there() {
    struct CatchesOne;
    impl Drop for CatchesOne {
        fn drop(&mut self) {
            hop();
            let inner = catch_unwind(|| {
                let _moves = Moves;
                hop();
                resume_unwind(Box::new("inner"));
            });
            assert_eq!(*inner.unwrap_err().downcast::<&str>().unwrap(), "inner");
            hop();
            assert!(panicking(), "the outer one goes on");
        }
    }
    goroutines(8, |_| {
        let outer = catch_unwind(|| {
            let _catches = CatchesOne;
            resume_unwind(Box::new("outer"));
        });
        assert_eq!(*outer.unwrap_err().downcast::<&str>().unwrap(), "outer");
        assert!(!panicking());
    });
}

#[test]
fn a_panic_reaches_join_on_another_thread() {
    world(|| {
        for k in 0..20 {
            let ends = go(move || {
                hop();
                let _moves = Moves;
                resume_unwind(Box::new(k));
            });
            hop();
            assert_eq!(*ends.join().unwrap_err().downcast::<i32>().unwrap(), k);
        }
    });
}

#[test]
fn the_hook_runs_on_the_goroutine() {
    thread_local!(static NUMBER: Cell<usize> = const { Cell::new(0) });
    static HOOKED: AtomicUsize = AtomicUsize::new(0);
    let output = in_child("panics::the_hook_runs_on_the_goroutine", || {
        std::panic::set_hook(Box::new(|_| {
            NUMBER.set(NUMBER.get() + 1);
            hop();
            HOOKED.fetch_add(NUMBER.get(), SeqCst);
        }));
        world(|| {
            all(10, |_| {
                for k in 1..=5 {
                    assert!(catch_unwind(|| panic!("{k}")).is_err());
                    assert_eq!(NUMBER.get(), k);
                    hop();
                }
            });
        });
        assert_eq!(HOOKED.load(SeqCst), 10 * (1 + 2 + 3 + 4 + 5));
    });
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn the_message_of_a_panic_is_printed() {
    let output = in_child("panics::the_message_of_a_panic_is_printed", || {
        world(|| {
            let ends = go(|| -> () {
                hop();
                panic!("a message of {}", std::hint::black_box("mine"));
            });
            let text = ends.join().unwrap_err();
            assert_eq!(*text.downcast::<String>().unwrap(), "a message of mine");
        });
    });
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("a message of mine"));
}

#[test]
fn a_second_panic_while_unwinding_ends_the_process() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            hop();
            panic!("the second");
        }
    }
    let output = in_child(
        "panics::a_second_panic_while_unwinding_ends_the_process",
        || {
            world(|| {
                let ends = go(|| {
                    hop();
                    let _panics = Panics;
                    panic!("the first");
                });
                join(ends);
            });
        },
    );
    let text = stderr(&output);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{text}");
    assert!(
        text.contains("the first") && text.contains("the second"),
        "{text}"
    );
}

#[inline(never)]
fn deep(levels: usize) -> String {
    if levels == 0 {
        hop();
        return Backtrace::force_capture().to_string();
    }
    let text = deep(levels - 1);
    std::hint::black_box(text)
}

#[test]
fn a_backtrace_ends_at_the_goroutines_root() {
    goroutines(4, |_| {
        let text = deep(5);
        assert!(text.matches("deep").count() >= 6, "{text}");
        assert!(text.contains("first_frame"), "it ends there: {text}");
        assert!(
            !text.contains("std::sys::thread"),
            "nothing of the thread below: {text}"
        );
    });
}
