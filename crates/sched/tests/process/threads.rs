//! The limit on threads.

use super::{Case, Ended};
use gompa_sched::{Builder, blocking, go, gosched};
use std::time::Duration;

pub const CASES: &[Case] = &[
    Case::new(
        "threads::too_many_declared",
        || {
            Builder::new().procs(2).max_threads(10).run(|| {
                let all = [(); 50].map(|()| go(|| blocking(nap)));
                all.into_iter().for_each(|h| h.join().unwrap());
            })
        },
        exhausted,
    ),
    Case::new(
        "threads::too_many_undeclared",
        || {
            Builder::new().procs(1).max_threads(10).run(|| {
                let all = [(); 50].map(|()| go(nap));
                all.into_iter().for_each(|h| h.join().unwrap());
            })
        },
        exhausted,
    ),
    Case::new(
        "threads::too_many_with_the_locks_of_stdout_and_stderr_held",
        || {
            Builder::new().procs(2).max_threads(10).run(|| {
                let _out = std::io::stdout().lock();
                let _err = std::io::stderr().lock();
                let all = [(); 50].map(|()| go(|| blocking(nap)));
                all.into_iter().for_each(|h| h.join().unwrap());
            })
        },
        exhausted,
    ),
    Case::new(
        "threads::as_many_as_allowed",
        || {
            Builder::new().procs(1).max_threads(20).run(|| {
                let all = [(); 10]
                    .map(|()| go(|| blocking(|| std::thread::sleep(Duration::from_millis(50)))));
                all.into_iter().for_each(|h| h.join().unwrap());
                gosched();
            })
        },
        Ended::well,
    ),
    Case::new(
        "threads::a_limit_no_higher_than_the_ps_is_refused",
        || drop(Builder::new().procs(4).max_threads(4).build()),
        |e| {
            assert_eq!(e.code(), Some(101));
            e.says("max_threads must be above the number of Ps (4), not 4");
        },
    ),
];

/// As good as for ever.
fn nap() {
    std::thread::sleep(Duration::from_secs(3600));
}

fn exhausted(e: &Ended) {
    assert!(e.stderr.starts_with(
        "runtime: program exceeds 10-thread limit\nfatal error: thread exhaustion\n\n"
    ));
    e.says("\ngoroutine ");
    assert_eq!(e.code(), Some(2));
}
