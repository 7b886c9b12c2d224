//! Panics: the count is the goroutine's, unwinding may move, backtraces end at the first frame.

use super::world::{go_on, hop, move_to, run, run_one, yield_now};
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Mutex, Once};
use std::thread::panicking;

/// Moves while it is dropped by a panic.
struct Mover;

impl Drop for Mover {
    fn drop(&mut self) {
        for _ in 0..5 {
            assert!(panicking());
            hop();
        }
    }
}

/// A panic without its message.
fn quiet_panic(value: i32) -> ! {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<i32>().is_none() {
                loud(info);
            }
        }));
    });
    std::panic::panic_any(value)
}

#[test]
fn a_goroutine_moves_while_it_unwinds() {
    run(2, |world| {
        for i in 0..8 {
            world.go_on(i % 2, || {
                for k in 0..20 {
                    let caught = catch_unwind(|| {
                        let _mover = Mover;
                        hop();
                        quiet_panic(k);
                    });
                    assert_eq!(*caught.unwrap_err().downcast::<i32>().unwrap(), k);
                    assert!(!panicking());
                    hop();
                }
            });
        }
    });
}

#[test]
fn another_goroutine_does_not_panic_with_it() {
    static UNWINDING: AtomicBool = AtomicBool::new(false);
    struct Leaver;
    impl Drop for Leaver {
        fn drop(&mut self) {
            UNWINDING.store(true, SeqCst);
            move_to(1);
            assert!(panicking());
        }
    }
    run_one(|| {
        go_on(0, || {
            while !UNWINDING.load(SeqCst) {
                yield_now();
            }
            // Here the other one began to panic.
            assert!(!panicking());
            let mutex = Mutex::new(1);
            drop(mutex.lock().unwrap());
            assert!(!mutex.is_poisoned());
            assert!(catch_unwind(|| quiet_panic(1)).is_err());
        });
        let caught = catch_unwind(|| {
            let _leaver = Leaver;
            quiet_panic(2);
        });
        assert!(caught.is_err());
        assert!(!panicking());
    });
}

#[test]
fn a_caught_panic_is_passed_on_elsewhere() {
    run_one(|| {
        let caught = catch_unwind(|| quiet_panic(3)).unwrap_err();
        move_to(1);
        let again = catch_unwind(AssertUnwindSafe(|| resume_unwind(caught))).unwrap_err();
        assert_eq!(*again.downcast::<i32>().unwrap(), 3);
    });
}

#[inline(never)]
fn deep_in_the_goroutine(depth: usize) -> String {
    if depth == 0 {
        hop();
        return std::backtrace::Backtrace::force_capture().to_string();
    }
    black_box(deep_in_the_goroutine(black_box(depth - 1)))
}

#[test]
fn a_backtrace_ends_at_the_first_frame() {
    run_one(|| {
        let trace = deep_in_the_goroutine(5);
        assert_eq!(trace.matches("deep_in_the_goroutine").count(), 6, "{trace}");
        let mut frames = trace
            .lines()
            .filter(|line| !line.trim_start().starts_with("at "));
        let last = frames.next_back().unwrap_or_default();
        assert!(last.contains("first_frame"), "{trace}");
    });
}
