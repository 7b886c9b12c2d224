//! Deadlines.

use crate::{HOUR, until};
use gompa_context::{
    self as context, Error, background, with_cancel, with_deadline, with_deadline_cause,
    with_timeout, with_timeout_cause,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(3);

#[test]
fn it_passes_and_all_below_is_done() {
    let begun = Instant::now();
    let (ctx, cancel) = with_timeout(&background(), SOON);
    let (child, _child) = with_cancel(&ctx);
    let (grandchild, _grandchild) = with_timeout(&child, HOUR);
    grandchild.done().recv().unwrap_err();
    assert!(begun.elapsed() >= SOON);
    for ctx in [&ctx, &child, &grandchild] {
        ctx.done().recv().unwrap_err();
        assert_eq!(ctx.err(), Some(Error::DeadlineExceeded));
        assert_eq!(
            ctx.cause().unwrap().to_string(),
            "context deadline exceeded"
        );
    }
    cancel.cancel();
    assert_eq!(ctx.err(), Some(Error::DeadlineExceeded));
}

#[test]
fn the_earliest_counts() {
    let at = Instant::now() + HOUR;
    let (parent, _parent) = with_deadline(&background(), at);
    assert_eq!(parent.deadline(), Some(at));
    let (later, _later) = with_deadline(&parent, at + HOUR);
    let (same, _same) = with_deadline(&parent, at);
    let (earlier, _earlier) = with_deadline(&parent, at - SOON);
    let (below, _below) = with_cancel(&earlier);
    assert_eq!(later.deadline(), Some(at));
    assert_eq!(
        (same.deadline(), earlier.deadline()),
        (Some(at), Some(at - SOON))
    );
    assert_eq!(below.deadline(), Some(at - SOON));
    assert!(later.to_string().ends_with(".WithCancel"));
    assert!(same.to_string().ends_with("s])"), "a timer of its own");
    assert_eq!(context::without_cancel(&below).deadline(), None);
}

#[test]
fn a_parent_that_ends_first_wins() {
    let (parent, cancel) = with_cancel(&background());
    cancel.cancel();
    let past = Instant::now() - SOON;
    let (ctx, _cancel) = with_deadline(&parent, past);
    assert_eq!(ctx.err(), Some(Error::Canceled));
    let late = std::io::Error::other("late");
    let (ctx, _cancel) = with_deadline_cause(&background(), past, late);
    assert_eq!(ctx.err(), Some(Error::DeadlineExceeded));
    assert_eq!(ctx.cause().unwrap().to_string(), "late");
}

#[test]
fn a_cause_is_for_the_deadline_only() {
    let late = || std::io::Error::other("late");
    let (ctx, cancel) = with_timeout_cause(&background(), HOUR, late());
    cancel.cancel();
    assert_eq!(ctx.cause().unwrap().to_string(), "context canceled");
    let (ctx, _cancel) = with_timeout_cause(&background(), SOON, late());
    let (below, _below) = with_cancel(&ctx);
    below.done().recv().unwrap_err();
    assert_eq!(below.cause().unwrap().to_string(), "late");
}

#[test]
fn times_past_the_clock() {
    let (ctx, _cancel) = with_timeout(&background(), Duration::MAX);
    assert_eq!((ctx.err(), ctx.deadline()), (None, None));
    let ages = Duration::from_secs(60 * 60 * 24 * 365 * 1000);
    let (ctx, cancel) = with_timeout(&background(), ages);
    assert!(ctx.deadline().unwrap() > Instant::now() + ages / 2);
    assert_eq!(ctx.err(), None);
    cancel.cancel();
    assert_eq!(ctx.err(), Some(Error::Canceled));
}

/// The timer holds nothing: the context goes with its handles, and its values' destructors run in
/// the code of whoever drops the last one.
#[test]
fn nobody_waits_for_a_context_that_is_gone() {
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let gone = Arc::new(AtomicBool::new(false));
    let valued = context::with_value(&background(), 0, Flag(gone.clone()));
    let (ctx, cancel) = with_timeout(&valued, HOUR);
    drop((valued, ctx));
    assert!(!gone.load(SeqCst));
    drop(cancel);
    assert!(gone.load(SeqCst));
}

/// A destructor that blocks, where the timer's own reference may be the last.
#[test]
fn destructors_may_block_also_when_a_timer_has_the_last_reference() {
    struct Blocks(Arc<AtomicBool>);
    impl Drop for Blocks {
        fn drop(&mut self) {
            gompa_chan::time::sleep(Duration::from_millis(1));
            self.0.store(true, SeqCst);
        }
    }
    for i in 0..300 {
        let gone = Arc::new(AtomicBool::new(false));
        let valued = context::with_value(&background(), 0, Blocks(gone.clone()));
        let (ctx, cancel) = with_timeout(&valued, Duration::from_micros(20 + i % 7 * 30));
        drop(valued);
        let done = ctx.done().clone();
        if i % 2 == 0 {
            drop((ctx, cancel));
        } else {
            done.recv().unwrap_err();
            drop((ctx, cancel));
        }
        until("dropped", || gone.load(SeqCst));
    }
}
