//! `#[gompa::test]`, and the common ways to leak a goroutine.

use gompa::chan::{self, Chan};
use gompa::debug::leak::{Certainty, Search};
use gompa::debug::{Of, assert_no_leaks};
use gompa::{context, go, gosched, select, time};
use std::sync::Arc;
use std::time::Duration;

#[gompa::test]
fn a_test_without_leaks_passes() {
    let answers = chan::make(0);
    let asked = answers.clone();
    let asker = go(move || asked.send(42));
    assert_eq!(answers.recv(), Some(42));
    asker.join().unwrap();
    // One that ends soon is waited for.
    drop(go(|| time::sleep(Duration::from_millis(50))));
    assert_no_leaks();
}

#[gompa::test(procs = 1)]
fn a_test_may_fail_politely() -> Result<(), String> {
    assert_eq!(gompa::gomaxprocs(0), 1);
    Ok(())
}

#[inline(never)]
fn nobody_sends_here(ch: &Chan<u32>) -> Option<u32> {
    std::hint::black_box(ch.recv())
}

#[gompa::test(procs = 2)]
#[should_panic(expected = "nobody_sends_here(...)")]
fn a_goroutine_that_outlives_its_test_fails_it() {
    drop(go(|| nobody_sends_here(&chan::make(0))));
}

#[gompa::test(leaks = "allow")]
fn unless_it_may() {
    drop(go(|| nobody_sends_here(&chan::make(0))));
    gosched();
}
