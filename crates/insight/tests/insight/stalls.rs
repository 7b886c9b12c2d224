//! Who holds its thread too long is found, with its stack, while it does.

use gompa_insight::stall;
use gompa_sched::debug::{Stall, stalls};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Until a site holds; each look lets others run.
fn until(holds: impl Fn(&Stall) -> bool) -> Stall {
    loop {
        if let Some(found) = stalls().into_iter().find(&holds) {
            return found;
        }
        gompa_chan::time::sleep(Duration::from_millis(2));
    }
}

#[inline(never)]
fn sleeps_undeclared() {
    std::thread::sleep(Duration::from_millis(60));
    black_box(());
}

#[inline(never)]
fn computes_until(stop: &AtomicBool) {
    let mut n = 0u64;
    while !stop.load(Relaxed) {
        n = black_box(n.wrapping_mul(31) + 1);
    }
}

fn mentions(site: &Stall, function: &str) -> bool {
    let named = |s: &stall::Site| s.stall.frames == site.frames && s.stall.asleep == site.asleep;
    let report = stall::report();
    let site = report.iter().find(|s| named(s));
    site.is_some_and(|s| s.stack.iter().any(|f| f.function.contains(function)))
}

/// Whether a goroutine that computes too long is found with the function it is in.
fn a_loop_is_named() -> bool {
    let stop = Arc::new(AtomicBool::new(false));
    let looping = {
        let stop = stop.clone();
        gompa_sched::go(move || computes_until(&stop))
    };
    let id = looping.id();
    let site = until(|s| s.goroutine == id && !s.asleep);
    stop.store(true, Relaxed);
    looping.join().unwrap();
    mentions(&site, "computes_until")
}

#[test]
fn a_blocking_call_and_a_loop_are_named() {
    gompa_sched::Builder::new().procs(1).run(|| {
        let sleeper = gompa_sched::go(sleeps_undeclared);
        let id = sleeper.id();
        let site = until(|s| s.goroutine == id);
        assert!(site.asleep, "{site:?}");
        assert!(
            mentions(&site, "sleeps_undeclared"),
            "{:?}",
            stall::report()
        );
        sleeper.join().unwrap();
        let over = until(|s| s.goroutine == id && s.total > Duration::ZERO);
        assert!(over.longest >= Duration::from_millis(20), "{over:?}");

        // One whose thread is not on a processor when it is asked answers too late to be named.
        let named = (0..50).any(|_| a_loop_is_named());
        assert!(named, "{:?}", stall::report());
        assert!(stall::totals().count >= 2);
        let text =
            gompa_insight::http::answer(&gompa_insight::http::Request::new("GET", "/stalls", ""));
        let text = String::from_utf8(text.body).unwrap();
        assert!(
            text.contains("kept computing") && text.contains("computes_until"),
            "{text}"
        );
    });
}
