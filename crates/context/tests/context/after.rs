//! Functions called when a context is done.

use crate::until;
use gompa_chan as chan;
use gompa_context::{
    after_func, background, with_cancel, with_timeout, with_value, without_cancel,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// What a test's function counts with.
fn counter() -> (Arc<AtomicU32>, impl FnOnce() + Send + 'static) {
    let calls = Arc::new(AtomicU32::new(0));
    let ours = calls.clone();
    (calls, move || {
        ours.fetch_add(1, SeqCst);
    })
}

#[test]
fn called_after_a_cancel_and_once() {
    let (ctx, cancel) = with_cancel(&background());
    let (calls, f) = counter();
    let stop = after_func(&ctx, f);
    assert_eq!(calls.load(SeqCst), 0);
    cancel.cancel();
    cancel.cancel();
    until("called", || calls.load(SeqCst) > 0);
    assert!(!stop.stop());
    assert_eq!(calls.load(SeqCst), 1);
}

#[test]
fn called_after_a_deadline_above() {
    let (ctx, _cancel) = with_timeout(&background(), Duration::from_millis(2));
    let (below, _below) = with_cancel(&with_value(&ctx, 0, 0));
    let (calls, f) = counter();
    let _stop = after_func(&below, f);
    until("called", || calls.load(SeqCst) == 1);
}

/// Nobody has a handle any more, but the deadline will come.
#[test]
fn called_after_a_deadline_though_all_handles_are_gone() {
    for below in [false, true] {
        let (mut ctx, _) = with_timeout(&background(), Duration::from_millis(20));
        if below {
            ctx = with_cancel(&ctx).0;
        }
        let (calls, f) = counter();
        drop(after_func(&ctx, f));
        drop(ctx);
        until("called", || calls.load(SeqCst) == 1);
    }
}

#[test]
fn called_at_once_where_all_is_over() {
    let (ctx, cancel) = with_cancel(&background());
    cancel.cancel();
    let (calls, f) = counter();
    assert!(!after_func(&ctx, f).stop());
    until("called", || calls.load(SeqCst) == 1);
}

#[test]
fn not_called_once_called_off_and_its_captures_are_gone() {
    let (ctx, cancel) = with_cancel(&background());
    let captured = Arc::new(());
    let ours = captured.clone();
    let stop = after_func(&ctx, move || unreachable!("{ours:?}"));
    assert_eq!(Arc::strong_count(&captured), 2);
    assert!(stop.stop());
    assert_eq!(Arc::strong_count(&captured), 1);
    assert!(!stop.stop());
    cancel.cancel();
}

#[test]
fn of_what_never_ends_it_can_be_called_off() {
    for ctx in [background(), without_cancel(&with_cancel(&background()).0)] {
        let captured = Arc::new(());
        let ours = captured.clone();
        let stop = after_func(&ctx, move || unreachable!("{ours:?}"));
        assert!(stop.stop() && !stop.stop());
        assert_eq!(Arc::strong_count(&captured), 1);
    }
}

#[test]
fn a_function_of_a_context_that_is_gone_goes_too() {
    let (ctx, cancel) = with_cancel(&background());
    let captured = Arc::new(());
    let ours = captured.clone();
    drop(after_func(&ctx, move || unreachable!("{ours:?}")));
    drop((ctx, cancel));
    assert_eq!(Arc::strong_count(&captured), 1);
}

#[test]
fn it_may_do_anything() {
    let (ctx, cancel) = with_cancel(&background());
    let (again, cancel_again) = with_cancel(&background());
    let met = chan::make::<u32>(0);
    let stop = after_func(&ctx, {
        let (met, ctx, cancel) = (met.clone(), ctx.clone(), cancel.clone());
        move || {
            cancel.cancel(); // itself
            assert!(ctx.err().is_some());
            cancel_again.cancel();
            met.send(1); // waits: nobody waits for it
        }
    });
    cancel.cancel();
    again.done().recv().unwrap_err();
    assert_eq!(met.recv(), Some(1));
    assert!(!stop.stop());
}

#[test]
fn called_or_called_off_never_both() {
    for _ in 0..300 {
        let (ctx, cancel) = with_cancel(&background());
        let (calls, f) = counter();
        let stop = after_func(&ctx, f);
        let stopped = thread::scope(|s| {
            let stopped = s.spawn(|| stop.stop());
            cancel.cancel();
            stopped.join().unwrap()
        });
        if !stopped {
            until("called", || calls.load(SeqCst) == 1);
        }
        assert_eq!(calls.load(SeqCst), u32::from(!stopped));
    }
}
