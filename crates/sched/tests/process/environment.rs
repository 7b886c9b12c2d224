//! `GOMAXPROCS` and `GODEBUG`.

use super::{Case, Ended};
use gompa_chan::time;
use gompa_sched::{Builder, go, gomaxprocs, run};
use std::time::Duration;

const fn gomaxprocs_is(name: &'static str, value: &'static [(&'static str, &'static str)]) -> Case {
    Case::new(
        name,
        || println!("{}", run(|| gomaxprocs(0))),
        default_number,
    )
    .env(value)
}

pub const CASES: &[Case] = &[
    gomaxprocs_is("environment::gomaxprocs_unset", &[]),
    gomaxprocs_is("environment::gomaxprocs_empty", &[("GOMAXPROCS", "")]),
    gomaxprocs_is("environment::gomaxprocs_a_word", &[("GOMAXPROCS", "many")]),
    gomaxprocs_is("environment::gomaxprocs_negative", &[("GOMAXPROCS", "-1")]),
    gomaxprocs_is("environment::gomaxprocs_zero", &[("GOMAXPROCS", "0")]),
    gomaxprocs_is(
        "environment::gomaxprocs_a_fraction",
        &[("GOMAXPROCS", "1.5")],
    ),
    gomaxprocs_is(
        "environment::gomaxprocs_beyond_numbers",
        &[("GOMAXPROCS", "99999999999999999999999")],
    ),
    Case::new(
        "environment::gomaxprocs_three",
        || {
            // Also the runtime that a plain thread's `go` starts.
            let by_default = go(|| gomaxprocs(0)).join().unwrap();
            println!("{} {by_default}", run(|| gomaxprocs(0)));
        },
        |e| {
            e.well();
            assert_eq!(e.stdout, "3 3\n");
        },
    )
    .env(&[("GOMAXPROCS", "3")]),
    Case::new(
        "environment::gomaxprocs_with_blanks",
        || println!("{}", run(|| gomaxprocs(0))),
        |e| {
            e.well();
            assert_eq!(e.stdout, "3\n");
        },
    )
    .env(&[("GOMAXPROCS", " 3 ")]),
    Case::new(
        "environment::gomaxprocs_too_big_is_clamped_and_works",
        || {
            println!(
                "{}",
                run(|| {
                    let all: Vec<_> = (0..2000).map(|i| go(move || i)).collect();
                    let sum: usize = all.into_iter().map(|h| h.join().unwrap()).sum();
                    assert_eq!(sum, 1999 * 1000);
                    gomaxprocs(0)
                })
            )
        },
        |e| {
            e.well();
            assert_eq!(e.stdout, "1024\n");
        },
    )
    .env(&[("GOMAXPROCS", "5000")]),
    Case::new(
        "environment::the_builder_has_the_last_word",
        || println!("{}", Builder::new().procs(2).run(|| gomaxprocs(0))),
        |e| {
            e.well();
            assert_eq!(e.stdout, "2\n");
        },
    )
    .env(&[("GOMAXPROCS", "3")]),
    Case::new(
        "environment::schedtrace",
        || {
            Builder::new().procs(2).run(|| {
                // Its lines come though somebody keeps the lock.
                let _err = std::io::stderr().lock();
                time::sleep(Duration::from_millis(400));
            })
        },
        |e| {
            assert_eq!(e.code(), Some(0));
            let times: Vec<u64> = e.stderr.lines().map(time_of_line).collect();
            assert!(times.len() >= 2, "the first at once, more in time");
            assert!(times.is_sorted());
            assert!(times.windows(2).all(|w| w[1] - w[0] >= 9));
        },
    )
    .env(&[("GODEBUG", "gctrace=0, schedtrace=10")]),
    Case::new(
        "environment::schedtrace_nonsense",
        || run(|| time::sleep(Duration::from_millis(100))),
        Ended::well,
    )
    .env(&[("GODEBUG", "schedtrace=abc,schedtrace,schedtrace=-1,=,,")]),
];

/// As many as this process may use processors.
fn default_number(e: &Ended) {
    e.well();
    let n = std::thread::available_parallelism().unwrap().get();
    assert_eq!(e.stdout, format!("{n}\n"));
}

/// Takes a line of the trace apart, checks its parts, and returns its milliseconds.
fn time_of_line(line: &str) -> u64 {
    let rest = line.strip_prefix("SCHED ").expect(line);
    let (ms, rest) = rest.split_once("ms: gomaxprocs=2 ").expect(line);
    let (fields, lists) = rest.split_once(" [ ").expect(line);
    let names = [
        "idleprocs",
        "threads",
        "spinningthreads",
        "needspinning",
        "idlethreads",
        "runqueue",
    ];
    let fields: Vec<_> = fields.split(' ').collect();
    assert_eq!(fields.len(), names.len(), "{line}");
    let mut numbers = [0; 6];
    for ((field, name), n) in fields.iter().zip(names).zip(&mut numbers) {
        let value = field.strip_prefix(name).and_then(|f| f.strip_prefix('='));
        *n = value.expect(line).parse::<u64>().expect(line);
    }
    assert!(numbers[0] <= 2 && numbers[3] <= 1, "{line}");
    let (queues, ticks) = lists.split_once(" ] schedticks=[ ").expect(line);
    for list in [queues, ticks.strip_suffix(" ]").expect(line)] {
        let list: Vec<u64> = list.split(' ').map(|n| n.parse().expect(line)).collect();
        assert_eq!(list.len(), 2, "{line}");
    }
    ms.parse().expect(line)
}
