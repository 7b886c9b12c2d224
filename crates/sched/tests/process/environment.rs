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
        "environment::scheddetail",
        || {
            Builder::new().procs(2).run(|| {
                let _locked = gompa_sched::lock_os_thread();
                let ch = gompa_chan::make::<()>(0);
                let waits = ch.clone();
                let waiter = go(move || waits.recv());
                time::sleep(Duration::from_millis(200));
                gompa_sched::blocking(|| std::thread::sleep(Duration::from_millis(200)));
                ch.close();
                waiter.join().unwrap();
            })
        },
        in_detail,
    )
    .env(&[("GODEBUG", "scheddetail=1,schedtrace=20")]),
    Case::new(
        "environment::inittrace",
        || run(|| ()),
        |e| {
            assert_eq!(e.code(), Some(0));
            let parts: Vec<&str> = e.stderr.lines().map(part_set_up).collect();
            let all = ["gompa_sched::switch", "gompa_sched::netpoll", "gompa_sched"];
            assert_eq!(parts, all);
        },
    )
    .env(&[("GODEBUG", "inittrace=1")]),
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

/// Every report has its head and a line for each P, M and G, each with the fields of its kind; who waits
/// and who is wired to its thread is told.
fn in_detail(e: &Ended) {
    assert_eq!(e.code(), Some(0));
    const HEAD: &str = "gomaxprocs idleprocs threads spinningthreads needspinning idlethreads \
                        runqueue gcwaiting nmidlelocked stopwait sysmonwait";
    const P: &str = "status schedtick syscalltick m runqsize timerslen";
    const M: &str = "p curg mallocing throwing preemptoff locks dying spinning blocked lockedg";
    const G: &str = "status m lockedm";
    let (mut reports, mut locked, mut calls) = (0, 0, 0);
    for line in e.stderr.lines() {
        let (who, rest) = line.split_once(": ").expect(line);
        let kind = who.trim_start().chars().next().expect(line);
        let names = match kind {
            'S' => HEAD,
            'P' => P,
            'M' => M,
            'G' => G,
            _ => panic!("{line}"),
        };
        // A reason has blanks, and stands in parentheses.
        let (before, after) = rest.split_once('(').map_or((rest, ""), |(before, rest)| {
            (before, rest.split_once(')').expect(line).1)
        });
        let fields = before.split(' ').chain(after.split(' '));
        let fields = fields.filter(|f| !f.is_empty());
        let there: Vec<_> = fields.map(|f| f.split_once('=').expect(line).0).collect();
        assert_eq!(
            there,
            names.split_whitespace().collect::<Vec<_>>(),
            "{line}"
        );
        match kind {
            'S' => reports += 1,
            'P' if reports > 0 => calls += u32::from(line.contains(" syscalltick=1 ")),
            'M' => locked += u32::from(line.contains(" lockedg=1")),
            _ => {}
        }
    }
    assert!(reports >= 2, "the first at once, more in time");
    assert!(locked >= 1 && calls >= 1);
    for state in ["G1: status=4(sleep) m=nil lockedm=", "G1: status=3() m="] {
        assert!(e.stderr.contains(state), "{state}");
    }
    let waits = |line: &str| line.ends_with(": status=4(chan receive) m=nil lockedm=nil");
    assert!(e.stderr.lines().any(waits));
}

/// Takes a line about something set up apart, and returns what.
fn part_set_up(line: &str) -> &str {
    let rest = line.strip_prefix("init ").expect(line);
    let (part, numbers) = rest.split_once(" @").expect(line);
    let numbers = numbers.strip_suffix(" bytes").expect(line);
    let (began, rest) = numbers.split_once(" ms, ").expect(line);
    let (took, bytes) = rest.split_once(" ms clock, ").expect(line);
    let times = [began, took].map(|ms| ms.parse::<f64>().expect(line));
    assert!(times.iter().all(|ms| *ms >= 0.0), "{line}");
    bytes.parse::<u64>().expect(line);
    part
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
