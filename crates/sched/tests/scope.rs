//! `scope`: what borrows ends before what it borrows from, come what may.

mod common;

use common::{Watchdog, ignore};
use gompa_chan::{make, time};
use gompa_sched::{Builder, Goexit, go, goexit, gosched, run, scope};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// Runs `test` on one P, on two, and on a plain thread.
fn everywhere(name: &'static str, test: fn()) {
    let _dog = Watchdog::new(name);
    Builder::new().procs(1).run(test);
    Builder::new().procs(2).run(test);
    test();
}

fn text(payload: &Box<dyn std::any::Any + Send>) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(|s| &**s))
        .unwrap()
}

#[test]
fn goroutines_borrow() {
    everywhere("goroutines_borrow", || {
        let mut numbers = vec![1, 2, 3];
        let mut total = 0;
        let sum = AtomicUsize::new(0);
        let answer = scope(|s| {
            for n in &numbers {
                let sum = &sum;
                s.go(move || sum.fetch_add(*n, SeqCst));
            }
            s.go(|| total = numbers.len());
            42
        });
        numbers.push(sum.into_inner());
        assert_eq!((answer, total), (42, 3));
        assert_eq!(numbers, [1, 2, 3, 6]);
    });
}

#[test]
fn chunks_of_a_slice_are_written() {
    everywhere("chunks_of_a_slice_are_written", || {
        let mut data = vec![0usize; 10_000];
        scope(|s| {
            for (i, chunk) in data.chunks_mut(97).enumerate() {
                s.go(move || {
                    gosched();
                    chunk.fill(i);
                });
            }
        });
        assert!(data.iter().enumerate().all(|(i, n)| *n == i / 97));
    });
}

#[test]
fn results_are_borrowed_and_joined() {
    everywhere("results_are_borrowed_and_joined", || {
        let words = ["a".to_string(), "bb".to_string()];
        let longest = scope(|s| {
            let all: Vec<_> = words.iter().map(|w| s.go(move || (w.len(), w))).collect();
            all.into_iter().map(|h| h.join().unwrap()).max().unwrap()
        });
        assert_eq!(longest, (2, &words[1]));
    });
}

#[test]
fn the_scope_waits_for_slow_ones() {
    everywhere("the_scope_waits_for_slow_ones", || {
        let done = AtomicUsize::new(0);
        scope(|s| {
            for i in 0..10 {
                let done = &done;
                s.go(move || {
                    time::sleep(Duration::from_millis(i));
                    std::thread::sleep(Duration::from_millis(1));
                    done.fetch_add(1, SeqCst);
                });
            }
        });
        assert_eq!(done.load(SeqCst), 10);
    });
}

#[test]
fn goroutines_start_more() {
    everywhere("goroutines_start_more", || {
        let count = AtomicUsize::new(0);
        scope(|s| {
            for _ in 0..5 {
                let count = &count;
                s.go(move || {
                    for _ in 0..5 {
                        s.go(move || {
                            gosched();
                            s.go(move || count.fetch_add(1, SeqCst));
                        });
                    }
                });
            }
        });
        assert_eq!(count.into_inner(), 25);
    });
}

#[test]
fn a_panic_in_the_body_waits_for_all() {
    everywhere("a_panic_in_the_body_waits_for_all", || {
        let done = AtomicUsize::new(0);
        let e = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                for _ in 0..5 {
                    s.go(|| {
                        time::sleep(Duration::from_millis(2));
                        done.fetch_add(1, SeqCst);
                    });
                }
                panic!("the body");
            })
        }))
        .unwrap_err();
        assert_eq!(text(&e), "the body");
        assert_eq!(done.into_inner(), 5);
    });
}

#[test]
fn a_panic_in_a_goroutine_reaches_the_scope() {
    everywhere("a_panic_in_a_goroutine_reaches_the_scope", || {
        let done = AtomicUsize::new(0);
        let e = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                s.go(|| panic!("one of them"));
                s.go(|| {
                    time::sleep(Duration::from_millis(2));
                    done.fetch_add(1, SeqCst);
                });
            })
        }))
        .unwrap_err();
        assert_eq!(text(&e), "a scoped goroutine panicked");
        assert_eq!(done.into_inner(), 1);
    });
}

#[test]
fn with_panics_in_both_the_bodys_is_passed_on() {
    everywhere("with_panics_in_both_the_bodys_is_passed_on", || {
        let e = catch_unwind(|| {
            scope(|s| {
                s.go(|| panic!("one of them"));
                gosched();
                panic!("the body");
            })
        })
        .unwrap_err();
        assert_eq!(text(&e), "the body");
    });
}

#[test]
fn a_panic_that_was_joined_is_settled() {
    everywhere("a_panic_that_was_joined_is_settled", || {
        let n = scope(|s| {
            let e = s.go(|| panic!("seen")).join().unwrap_err();
            assert_eq!(text(&e), "seen");
            1
        });
        assert_eq!(n, 1);
    });
}

#[test]
fn goexit_is_no_panic() {
    everywhere("goexit_is_no_panic", || {
        let n = scope(|s| {
            s.go(|| goexit());
            assert!(s.go(|| goexit()).join().unwrap_err().is::<Goexit>());
            1
        });
        assert_eq!(n, 1);
    });
}

#[test]
fn goexit_in_the_body_waits_for_all() {
    let _dog = Watchdog::new("goexit_in_the_body_waits_for_all");
    run(|| {
        let h = go(|| {
            let done = Mutex::new(0);
            struct Check<'a>(&'a Mutex<u32>);
            impl Drop for Check<'_> {
                fn drop(&mut self) {
                    assert_eq!(*self.0.lock().unwrap(), 3);
                }
            }
            let _check = Check(&done);
            scope(|s| {
                for _ in 0..3 {
                    s.go(|| {
                        time::sleep(Duration::from_millis(1));
                        *done.lock().unwrap() += 1;
                    });
                }
                goexit()
            })
        });
        assert!(h.join().unwrap_err().is::<Goexit>());
    });
}

#[test]
fn leaked_handles_change_nothing() {
    everywhere("leaked_handles_change_nothing", || {
        let done = AtomicUsize::new(0);
        let e = catch_unwind(AssertUnwindSafe(|| {
            scope(|s| {
                for i in 0..10 {
                    let done = &done;
                    std::mem::forget(s.go(move || {
                        gosched();
                        done.fetch_add(1, SeqCst);
                        assert_ne!(i, 5, "also with a panic");
                        vec![i; 10]
                    }));
                }
            })
        }));
        assert!(e.is_err());
        assert_eq!(done.into_inner(), 10);
    });
}

#[test]
fn handles_move_between_goroutines() {
    everywhere("handles_move_between_goroutines", || {
        let base = 20;
        let sum = scope(|s| {
            let first = s.go(|| base + 1);
            let second = s.go(|| first.join().unwrap() + 1);
            second.join().unwrap()
        });
        assert_eq!(sum, 22);
    });
}

#[test]
fn results_that_nobody_takes_are_dropped_in_time() {
    everywhere("results_that_nobody_takes_are_dropped_in_time", || {
        struct Counts<'a>(&'a AtomicUsize);
        impl Drop for Counts<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, SeqCst);
            }
        }
        let dropped = AtomicUsize::new(0);
        scope(|s| {
            for i in 0..30 {
                let dropped = &dropped;
                let h = s.go(move || {
                    if i % 2 == 0 {
                        gosched();
                    }
                    Counts(dropped)
                });
                match i % 3 {
                    0 => drop(h),
                    1 => ignore(h.join()),
                    _ => {
                        while !h.is_finished() {
                            gosched();
                        }
                    }
                }
            }
        });
        assert_eq!(dropped.into_inner(), 30);
    });
}

#[test]
fn a_result_whose_drop_panics_is_a_panic_of_its_goroutine() {
    everywhere(
        "a_result_whose_drop_panics_is_a_panic_of_its_goroutine",
        || {
            struct Hostile;
            impl Drop for Hostile {
                fn drop(&mut self) {
                    panic!("in a destructor");
                }
            }
            let done = AtomicUsize::new(0);
            let e = catch_unwind(AssertUnwindSafe(|| {
                scope(|s| {
                    s.go(|| done.fetch_add(1, SeqCst));
                    drop(s.go(|| {
                        time::sleep(Duration::from_millis(1));
                        Hostile
                    }));
                })
            }))
            .unwrap_err();
            assert_eq!(text(&e), "a scoped goroutine panicked");
            assert_eq!(done.into_inner(), 1);
        },
    );
}

#[test]
fn scopes_nest() {
    everywhere("scopes_nest", || {
        let mut grid = vec![vec![0; 10]; 10];
        scope(|s| {
            for (y, row) in grid.iter_mut().enumerate() {
                s.go(move || {
                    scope(|s| {
                        for (x, cell) in row.iter_mut().enumerate() {
                            s.go(move || *cell = x * y);
                        }
                    });
                    row.iter().sum::<usize>()
                });
            }
        });
        assert_eq!(grid[7][8], 56);
        // The inner one's panic is the outer goroutine's, and so on outwards.
        let e = catch_unwind(|| {
            scope(|s| {
                s.go(|| {
                    scope(|s| {
                        s.go(|| panic!("innermost"));
                    })
                });
            })
        })
        .unwrap_err();
        assert_eq!(text(&e), "a scoped goroutine panicked");
    });
}

#[test]
fn across_runtimes() {
    let _dog = Watchdog::new("across_runtimes");
    let local = AtomicUsize::new(0);
    // The scope belongs to a plain thread; its goroutines, of the default runtime, run runtimes.
    scope(|s| {
        for procs in 1..=2 {
            let local = &local;
            s.go(move || {
                let n = Builder::new().procs(procs).run(|| {
                    let inner = AtomicUsize::new(0);
                    scope(|s| {
                        (0..5).for_each(|_| drop(s.go(|| inner.fetch_add(1, SeqCst))));
                    });
                    inner.into_inner()
                });
                local.fetch_add(n, SeqCst);
            });
        }
    });
    assert_eq!(local.into_inner(), 10);
}

#[test]
fn what_threads_start_in_a_goroutines_scope_may_outlive_the_runtime() {
    let _dog = Watchdog::new("what_threads_start_in_a_goroutines_scope_may_outlive_the_runtime");
    // The goroutine's frame lends to a goroutine of the default runtime, which knows nothing of this
    // one's end.
    let rt = Builder::new().procs(1).build();
    let (started, release) = (make::<()>(1), make::<()>(0));
    let (theirs, gate) = (started.clone(), release.clone());
    let lender = rt.go(move || {
        let lent = AtomicUsize::new(1);
        scope(|s| {
            std::thread::scope(|threads| {
                threads.spawn(|| {
                    s.go(|| {
                        theirs.send(());
                        gate.recv();
                        assert_eq!(lent.load(SeqCst), 1);
                    });
                });
            });
        });
        lent.store(2, SeqCst);
    });
    started.recv();
    drop(rt);
    assert!(!lender.is_finished(), "its frame is in use");
    release.close();
    lender.join().unwrap();
}

#[test]
fn a_scope_on_a_thread_while_many_run() {
    let _dog = Watchdog::new("a_scope_on_a_thread_while_many_run");
    let total = AtomicUsize::new(0);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for _ in 0..50 {
                    let mut local = [0; 8];
                    scope(|s| {
                        for n in &mut local {
                            s.go(|| *n += 1);
                        }
                    });
                    total.fetch_add(local.iter().sum(), SeqCst);
                }
            });
        }
    });
    assert_eq!(total.into_inner(), 4 * 50 * 8);
}
