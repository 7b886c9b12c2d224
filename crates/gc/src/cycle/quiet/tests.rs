//! The check must find what a collector without its barrier loses. That aborts the process, so it is
//! done in one of its own.

use crate::cycle::gate::{Cycle, Turn, take_barrier_out};
use crate::{Array, Field, Gc, Trace, debug, scope};
use std::process::{Command, Output};

/// Set for the process in which the collector is broken.
const CHILD: &str = "GOMPA_GC_TEST_CHILD";

/// Runs the test of that name once more, in a process that may be broken. `None` in that process.
fn in_a_process(name: &str) -> Option<Output> {
    if std::env::var_os(CHILD).is_some() {
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        &format!("cycle::quiet::tests::{name}"),
        "--nocapture",
    ]);
    Some(command.env(CHILD, "1").output().unwrap())
}

#[derive(Trace)]
struct Town<'gc> {
    roads: Gc<'gc, Array<Field<'gc, Town<'gc>>>>,
}

/// A black thread loads the only pointer to a town, and clears it before it is traced.
fn lose_something() {
    scope(|s| {
        let turn = Turn::take();
        let town = |n: usize| {
            s.alloc(Town {
                roads: s.array(n, |_| Field::<Town>::nil()),
            })
        };
        let hub = town(3);
        s.nested(|n| {
            let far = n.alloc(Town {
                roads: n.array(1, |_| Field::<Town>::nil()),
            });
            far.roads[0].set(
                n,
                n.alloc(Town {
                    roads: n.array(0, |_| Field::<Town>::nil()),
                }),
            );
            hub.roads[2].set(n, far);
        });
        let cycle = Cycle::marking(&turn);
        let far = hub.roads[2].take(s).unwrap();
        // Both, and their arrays, now hang on a slot that has been scanned.
        cycle.finish();
        assert!(far.roads[0].get(s).is_some());
    });
}

#[test]
fn a_right_collector_passes() {
    debug::set_check(true);
    lose_something();
}

#[test]
fn what_is_lost_is_named() {
    let Some(output) = in_a_process("what_is_lost_is_named") else {
        debug::set_check(true);
        take_barrier_out();
        return lose_something();
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it went on: {said}");
    assert!(
        said.contains("gccheck: 4 of 6 reachable objects are not marked"),
        "{said}"
    );
    let lines: Vec<&str> = said
        .lines()
        .skip_while(|l| !l.contains("gccheck"))
        .collect();
    assert!(lines[1].contains("scope of mutator "), "{said}");
    assert!(
        lines[2].contains("Town") && lines[2].ends_with("NOT MARKED"),
        "{said}"
    );
}
