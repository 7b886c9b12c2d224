//! What a context is, and what cancelling does.

use crate::{HOUR, is_done};
use gompa_chan::{self as chan, select};
use gompa_context::{
    self as context, CancelFunc, Context, Error, background, todo, with_cancel, with_cancel_cause,
    with_timeout, with_value,
};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

#[test]
fn roots_are_never_done() {
    for root in [
        background(),
        todo(),
        with_value(&background(), 1, 2),
        Context::default(),
    ] {
        assert_eq!(root.err(), None);
        assert!(root.cause().is_none() && root.deadline().is_none());
        let brief = Duration::from_millis(1);
        assert_eq!(
            root.done().recv_timeout(brief),
            Err(chan::RecvTimeoutError::Timeout)
        );
        assert!(root.done().is_nil());
    }
    assert!(background().same(&background()) && !background().same(&todo()));
}

#[test]
fn cancelling_reaches_all_below_before_it_returns() {
    let (root, cancel) = with_cancel(&background());
    let mut all = vec![root.clone()];
    for i in 0..1000 {
        let parent = all[i / 3].clone();
        all.push(match i % 3 {
            0 => with_cancel(&parent).0,
            1 => with_timeout(&parent, HOUR).0,
            _ => with_value(&parent, i, i),
        });
    }
    // Half of them have a channel, half are asked for one later.
    let asked: Vec<_> = all.iter().step_by(2).map(|c| c.done().clone()).collect();
    assert!(all.iter().all(|c| c.err().is_none()));
    cancel.cancel();
    for ctx in &all {
        assert_eq!(ctx.err(), Some(Error::Canceled));
        assert_eq!(ctx.cause().unwrap().to_string(), "context canceled");
        assert!(is_done(ctx));
    }
    assert!(asked.iter().all(|done| done.is_closed()));
}

#[test]
fn a_child_ends_alone() {
    let (root, _root) = with_cancel(&background());
    let (child, cancel) = with_cancel(&root);
    let (brother, _brother) = with_cancel(&root);
    cancel.cancel();
    assert!(is_done(&child));
    assert_eq!((root.err(), brother.err()), (None, None));
    assert!(!is_done(&root) && !is_done(&brother));
}

#[test]
fn done_is_one_channel_for_ever() {
    let (ctx, cancel) = with_cancel(&background());
    let below = with_value(&ctx, 0, 0);
    let done = ctx.done().clone();
    assert!(done.same_channel(ctx.done()) && done.same_channel(below.done()));
    cancel.cancel();
    assert!(done.same_channel(ctx.done()) && done.is_closed());
    let (late, cancel) = with_cancel(&background());
    cancel.cancel();
    assert!(late.done().same_channel(late.done()) && late.done().is_closed());
}

#[test]
fn done_stands_in_a_select() {
    let (ctx, cancel) = with_cancel(&background());
    let work = chan::make(0);
    let worker = thread::spawn({
        let work = work.clone();
        move || {
            let mut sum = 0;
            loop {
                select! {
                    recv(work) -> n => sum += n.unwrap(),
                    recv(ctx.done()) -> _ => return (sum, ctx.err()),
                }
            }
        }
    });
    (1..=10).for_each(|n| work.send(n));
    cancel.cancel();
    assert_eq!(worker.join().unwrap(), (55, Some(Error::Canceled)));
}

#[test]
fn the_first_to_end_it_says_why() {
    let (ctx, cancel) = with_cancel_cause(&background());
    let (child, _child) = with_cancel(&ctx);
    let because = std::io::Error::other("because");
    cancel.cancel(because);
    cancel.clone().cancel(Error::DeadlineExceeded);
    cancel.without_cause().cancel();
    for ctx in [&ctx, &child, &with_cancel(&child).0] {
        let cause = ctx.cause().unwrap();
        assert!(cause.downcast_ref::<std::io::Error>().is_some());
        assert_eq!(cause.to_string(), "because");
        assert_eq!(ctx.err(), Some(Error::Canceled));
    }
    let (ctx, cancel) = with_cancel_cause(&background());
    let shared: context::Cause = Arc::new(Error::DeadlineExceeded);
    cancel.cancel_with(shared.clone());
    assert!(Arc::ptr_eq(&ctx.cause().unwrap(), &shared));
}

#[test]
fn dropping_the_function_cancels_nothing_and_a_guard_does() {
    let (ctx, cancel) = with_cancel(&background());
    drop(cancel.clone());
    cancel.guard().disarm();
    assert_eq!(ctx.err(), None);
    let caught = thread::spawn({
        let guard = cancel.guard();
        move || {
            let _guard = guard;
            panic!("on the way");
        }
    });
    assert!(caught.join().is_err());
    assert_eq!(ctx.err(), Some(Error::Canceled));
    let (ctx, cancel) = with_cancel_cause(&background());
    drop(cancel.guard());
    assert_eq!(ctx.cause().unwrap().to_string(), "context canceled");
    let (ctx, cancel) = with_cancel(&background());
    drop(cancel);
    assert_eq!(ctx.err(), None, "nobody can cancel it any more");
}

#[test]
fn all_cancel_at_once() {
    let (root, cancel) = with_cancel(&background());
    let mut all: Vec<(Context, CancelFunc)> = vec![(root, cancel)];
    while all.len() < 100 {
        for i in 0..all.len() {
            let child = with_cancel(&all[i].0);
            all.push(child);
        }
    }
    let start = Arc::new(Barrier::new(8));
    let all = Arc::new(all);
    let threads: Vec<_> = (0..8)
        .map(|t| {
            let (start, all) = (start.clone(), all.clone());
            thread::spawn(move || {
                start.wait();
                for (_, cancel) in all.iter().skip(t).step_by(8) {
                    cancel.cancel();
                }
            })
        })
        .collect();
    all.iter()
        .for_each(|(ctx, _)| assert!(ctx.done().recv().is_err()));
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert!(
        all.iter()
            .all(|(ctx, _)| ctx.err() == Some(Error::Canceled))
    );
}

#[test]
fn a_child_is_cancelled_by_whom_its_parent_wakes() {
    let (root, cancel) = with_cancel(&background());
    let (child, cancel_child) = with_cancel(&root);
    let done = root.done().clone();
    let woken = thread::spawn(move || {
        done.recv().unwrap_err();
        cancel_child.cancel();
    });
    cancel.cancel();
    woken.join().unwrap();
    assert!(is_done(&child));
}

#[test]
fn a_context_prints_what_it_is() {
    let (ctx, cancel) = with_cancel(&background());
    assert_eq!(format!("{ctx:?}"), "Context(context.Background.WithCancel)");
    cancel.cancel();
    assert_eq!(
        format!("{ctx:?}"),
        "Context(context.Background.WithCancel: context canceled)"
    );
    assert_eq!(format!("{cancel:?}"), "CancelFunc { .. }");
}
