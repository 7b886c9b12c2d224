//! The end of a context against that of others, against births and deaths.

use crate::{END, HOUR, model, model_with_timers};
use gompa_chan::TryRecvError;
use gompa_context::{self as context, Context, Error, background};
use gompa_park::sync::thread;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

fn is_done(ctx: &Context) -> bool {
    ctx.done().try_recv() == Err(TryRecvError::Closed)
}

#[test]
fn whoever_cancels_finds_all_below_done() {
    model(2, || {
        let (root, cancel_root) = context::with_cancel(&background());
        let (child, cancel_child) = context::with_cancel(&root);
        let (leaf, _) = context::with_cancel(&child);
        let _ = leaf.done();
        let other = {
            let leaf = leaf.clone();
            thread::spawn(move || {
                cancel_child.cancel();
                assert!(child.err().is_some() && leaf.err().is_some() && is_done(&leaf));
            })
        };
        cancel_root.cancel();
        assert!(root.err().is_some() && leaf.err().is_some() && is_done(&leaf));
        other.join().unwrap();
    });
}

#[test]
fn the_second_to_cancel_waits_for_the_first() {
    model(2, || {
        let (root, cancel) = context::with_cancel(&background());
        let (leaf, _) = context::with_cancel(&root);
        let again = cancel.clone();
        let first = thread::spawn(move || cancel.cancel());
        again.cancel();
        assert_eq!(leaf.err(), Some(Error::Canceled));
        first.join().unwrap();
    });
}

#[test]
fn done_and_err_are_never_seen_apart() {
    model(2, || {
        let (ctx, cancel) = context::with_cancel(&background());
        let _ = ctx.done();
        let canceller = thread::spawn(move || cancel.cancel());
        // Looks alone are no points at which the model goes over to another thread.
        for _ in 0..2 {
            thread::yield_now();
            let (done, err) = (is_done(&ctx), ctx.err());
            assert!(!done || err.is_some());
            assert!(err.is_none() || is_done(&ctx));
        }
        canceller.join().unwrap();
        assert!(is_done(&ctx));
    });
}

#[test]
fn done_is_asked_for_while_it_happens() {
    model(2, || {
        let (ctx, cancel) = context::with_cancel(&background());
        let canceller = thread::spawn(move || cancel.cancel());
        let asker = {
            let ctx = ctx.clone();
            thread::spawn(move || ctx.done().recv().unwrap_err())
        };
        ctx.done().recv().unwrap_err();
        assert_eq!(ctx.err(), Some(Error::Canceled));
        canceller.join().unwrap();
        asker.join().unwrap();
    });
}

#[test]
fn a_child_is_born_while_its_parent_ends() {
    model(3, || {
        let (root, cancel) = context::with_cancel_cause(&background());
        let canceller = thread::spawn(move || cancel.cancel(Error::DeadlineExceeded));
        let (child, _) = context::with_cancel(&root);
        canceller.join().unwrap();
        assert_eq!(child.err(), Some(Error::Canceled));
        assert_eq!(
            child.cause().unwrap().to_string(),
            "context deadline exceeded"
        );
    });
}

#[test]
fn a_child_goes_while_its_parent_ends() {
    model(3, || {
        let (root, cancel) = context::with_cancel(&background());
        let (child, cancel_child) = context::with_cancel(&root);
        let (leaf, _) = context::with_cancel(&child);
        let _ = child.done();
        drop(root);
        let canceller = thread::spawn(move || cancel.cancel());
        let dropper = thread::spawn(move || drop((child, cancel_child)));
        drop(leaf);
        canceller.join().unwrap();
        dropper.join().unwrap();
    });
}

#[test]
fn a_child_ends_and_goes_while_its_parent_ends() {
    model(3, || {
        let (root, cancel) = context::with_cancel(&background());
        let (child, cancel_child) = context::with_cancel(&root);
        drop((root, child));
        let canceller = thread::spawn(move || cancel.cancel());
        cancel_child.cancel();
        drop(cancel_child);
        canceller.join().unwrap();
    });
}

#[test]
fn timer_against_cancel_against_parent() {
    model_with_timers(2, |heap| {
        let (root, cancel_root) = context::with_cancel_cause(&background());
        let late = std::io::Error::other("late");
        let (ctx, cancel) = context::with_timeout_cause(&root, HOUR, late);
        let (leaf, _) = context::with_cancel(&ctx);
        let runner = thread::spawn(move || heap.run(END));
        let other = thread::spawn(move || cancel_root.cancel(std::io::Error::other("above")));
        cancel.cancel();
        let (err, cause) = (ctx.err().unwrap(), ctx.cause().unwrap().to_string());
        let expected = match err {
            Error::DeadlineExceeded => ["late", "late"],
            Error::Canceled => ["above", "context canceled"],
        };
        assert!(expected.contains(&&*cause), "{err:?} because of {cause}");
        assert_eq!(leaf.err(), Some(err));
        assert_eq!(leaf.cause().unwrap().to_string(), cause);
        runner.join().unwrap();
        other.join().unwrap();
        assert_eq!(ctx.err(), Some(err), "it stays");
    });
}

#[test]
fn a_deadline_passes_while_the_last_handle_goes() {
    model_with_timers(3, |heap| {
        let (ctx, cancel) = context::with_timeout(&background(), HOUR);
        let runner = thread::spawn(move || heap.run(END));
        drop((ctx, cancel));
        runner.join().unwrap();
    });
}

#[test]
fn a_function_is_called_or_called_off() {
    model(2, || {
        let (ctx, cancel) = context::with_cancel(&background());
        let calls = Arc::new(AtomicU32::new(0));
        let stop = {
            let calls = calls.clone();
            context::after_func(&ctx, move || {
                calls.fetch_add(1, SeqCst);
            })
        };
        let canceller = thread::spawn(move || cancel.cancel());
        let stopped = stop.stop();
        canceller.join().unwrap();
        assert!(!stop.stop());
        if stopped {
            assert_eq!(calls.load(SeqCst), 0);
        } else {
            while calls.load(SeqCst) == 0 {
                thread::yield_now();
            }
        }
    });
}
