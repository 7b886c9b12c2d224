//! `goexit` in the main goroutine: the others go on, and then the process has failed.

use super::{Case, ignore};
use gompa_chan::{make, time};
use gompa_sched::{go, goexit, run};
use std::time::Duration;

const TEXT: &str = "fatal error: no goroutines (main called runtime.Goexit) - deadlock!\n";

pub const CASES: &[Case] = &[
    Case::new(
        "goexit::alone",
        || run(|| goexit()),
        |e| {
            assert!(e.stderr.starts_with(TEXT));
            assert_eq!(e.code(), Some(2));
        },
    ),
    Case::new(
        "goexit::the_others_finish_first",
        || {
            run(|| {
                struct Says;
                impl Drop for Says {
                    fn drop(&mut self) {
                        println!("destructor");
                    }
                }
                let _says = Says;
                for n in 1..=3 {
                    drop(go(move || {
                        time::sleep(Duration::from_millis(100 * n));
                        println!("finished {n}");
                    }));
                }
                goexit()
            })
        },
        |e| {
            assert_eq!(e.stdout, "destructor\nfinished 1\nfinished 2\nfinished 3\n");
            assert!(e.stderr.starts_with(TEXT));
            assert_eq!(e.code(), Some(2));
        },
    ),
    Case::new(
        "goexit::the_others_are_stuck",
        || {
            run(|| {
                drop(go(|| ignore(make::<u32>(0).recv())));
                goexit()
            })
        },
        |e| {
            e.says("fatal error: all goroutines are asleep - deadlock!\n\ngoroutine ");
            e.says("[chan receive]:");
            assert_eq!(e.code(), Some(2));
        },
    ),
    Case::new(
        "goexit::of_another_goroutine_is_its_own_affair",
        || {
            run(|| {
                assert!(go(|| goexit()).join().is_err());
                println!("on");
            })
        },
        |e| {
            e.well();
            assert_eq!(e.stdout, "on\n");
        },
    ),
];
