//! Dumps: each goroutine, and grouped.

use crate::support::{alone, eventually, until_it_waits, waiting};
use gompa_chan::make;
use gompa_insight::dump;
use gompa_sched::{Builder, current, go};

#[inline(never)]
fn receives(ch: &gompa_chan::Chan<u32>) -> Option<u32> {
    std::hint::black_box(ch.recv())
}

fn each() -> String {
    let mut out = Vec::new();
    dump::write_each(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn grouped() -> String {
    let mut out = Vec::new();
    dump::write_grouped(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn every_goroutine_with_its_stack() {
    let _alone = alone();
    for procs in [1, 2] {
        Builder::new().procs(procs).run(|| {
            let ch = make::<u32>(0);
            let waits = {
                let ch = ch.clone();
                go(move || receives(&ch))
            };
            let line = line!() - 2;
            until_it_waits(&waits);
            let text = each();
            let head = format!("goroutine {} [chan receive]:\n", waits.id());
            let part = text.split_once(&head).expect("it is there").1;
            let part = part.split_once("\n\n").unwrap().0;
            assert!(part.contains("receives(...)\n\t"), "{part}");
            let tail = format!("created by go in goroutine {}\n\t", current().unwrap());
            let place = part.split_once(&tail).expect("its creator").1;
            assert!(place.ends_with(&format!("dumps.rs:{line}")), "{place}");
            ch.send(1);
            waits.join().unwrap();
        });
    }
}

#[test]
fn equal_stacks_are_shown_once() {
    let _alone = alone();
    Builder::new().procs(2).run(|| {
        let ch = make::<u32>(0);
        let all: Vec<_> = (0..40)
            .map(|_| {
                let ch = ch.clone();
                go(move || receives(&ch))
            })
            .collect();
        eventually("all wait", || waiting() == 40);
        let text = grouped();
        let (head, rest) = text.split_once('\n').unwrap();
        let total = head.strip_prefix("goroutine profile: total ").unwrap();
        assert!(total.parse::<usize>().unwrap() >= 41, "{head}");
        let group = rest.lines().find(|l| l.starts_with("40 @ 0x"));
        assert!(group.is_some(), "{text}");
        let group = rest.split_once("40 @ ").unwrap().1;
        let group = group.split_once("\n\n").unwrap().0;
        assert!(group.contains("\"state\":\"chan receive\""), "{group}");
        assert!(group.contains("receives+0x"), "{group}");
        all.iter().for_each(|_| ch.send(1));
        all.into_iter().for_each(|g| drop(g.join()));
    });
}

#[test]
fn a_sample_is_about_as_large_as_asked() {
    let _alone = alone();
    Builder::new().procs(2).run(|| {
        let ch = make::<u32>(0);
        let all: Vec<_> = (0..1000)
            .map(|_| {
                let ch = ch.clone();
                go(move || receives(&ch))
            })
            .collect();
        eventually("all wait", || waiting() == 1000);
        let mut out = Vec::new();
        dump::write_sample(&mut out, 100).unwrap();
        let text = String::from_utf8(out).unwrap();
        let n = text.matches("[chan receive]:\n").count();
        assert!((50..=110).contains(&n), "{n}");
        ch.close();
        all.into_iter()
            .for_each(|g| assert_eq!(g.join().unwrap(), None));
    });
}
