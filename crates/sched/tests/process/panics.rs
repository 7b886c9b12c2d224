//! Panics and ends of the main goroutine as the process shows them.

use super::{Case, Ended};
use gompa_chan::time;
use gompa_sched::{go, run, scope};
use std::time::Duration;

pub const CASES: &[Case] = &[
    Case::new(
        "panics::of_the_main_goroutine_end_the_process",
        || run(|| panic!("the main goroutine's text")),
        |e| {
            assert_eq!(e.code(), Some(101));
            e.says("the main goroutine's text");
            e.says("panics.rs:");
        },
    ),
    Case::new(
        "panics::with_a_value_end_the_process",
        || run(|| std::panic::panic_any(5)),
        |e| assert_eq!(e.code(), Some(101)),
    ),
    Case::new(
        "panics::of_a_scoped_goroutine_reach_main",
        || {
            run(|| {
                scope(|s| {
                    s.go(|| panic!("in the scope"));
                })
            })
        },
        |e| {
            assert_eq!(e.code(), Some(101));
            e.says("in the scope");
            e.says("a scoped goroutine panicked");
        },
    ),
    Case::new(
        "panics::of_others_do_not_end_it",
        || {
            run(|| {
                let e = go(|| panic!("only mine")).join().unwrap_err();
                assert_eq!(e.downcast_ref::<&str>(), Some(&"only mine"));
                println!("on");
            })
        },
        |e| {
            assert_eq!(e.code(), Some(0));
            e.says("only mine");
            assert_eq!(e.stdout, "on\n");
        },
    ),
    Case::new(
        "panics::a_destructor_that_panics_while_its_goroutine_does_aborts",
        || {
            struct Worse;
            impl Drop for Worse {
                fn drop(&mut self) {
                    panic!("second");
                }
            }
            run(|| {
                let _worse = Worse;
                panic!("first")
            })
        },
        |e| {
            assert_eq!(e.signal(), Some(libc::SIGABRT));
            e.says("first");
            e.says("second");
        },
    ),
    Case::new(
        "ends::main_does_not_wait_for_the_others",
        || {
            run(|| {
                (0..10).for_each(|_| drop(go(|| time::sleep(Duration::from_secs(3600)))));
                drop(go(|| {
                    loop {
                        std::hint::spin_loop();
                    }
                }));
                println!("over");
            })
        },
        |e| {
            e.well();
            assert_eq!(e.stdout, "over\n");
        },
    ),
    Case::new(
        "ends::default_goroutines_end_with_main",
        || {
            drop(go(|| time::sleep(Duration::from_secs(3600))));
            println!("over");
        },
        |e| {
            e.well();
            assert_eq!(e.stdout, "over\n");
        },
    ),
    Case::new(
        "ends::exit_in_a_goroutine",
        || {
            run(|| {
                print!("half a line");
                let other = go(|| std::process::exit(7));
                other.join().unwrap()
            })
        },
        |e: &Ended| {
            assert_eq!(e.code(), Some(7));
            assert_eq!(e.stdout, "half a line");
        },
    ),
    Case::new(
        "ends::abort_in_a_goroutine",
        || run(|| std::process::abort()),
        |e: &Ended| assert_eq!(e.signal(), Some(libc::SIGABRT)),
    ),
];
