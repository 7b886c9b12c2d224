//! A context that ends while somebody waits under it: an operation has happened or it has not.

use crate::{Census, END, HOUR, model, model_with_timers};
use gompa_chan as chan;
use gompa_context::{
    self as context, Error, RecvCtxError, RecvExt, SendCtxError, SendExt, background,
};
use gompa_park::sync::thread;

/// A receiver under a context, a sender, and somebody who cancels: what was sent has been received
/// or is still there.
fn recv_against_send_against_cancel(cap: usize) {
    model(2, move || {
        let census = Census::default();
        let (ctx, cancel) = context::with_cancel(&background());
        let ch = chan::make(cap);
        let sender = {
            let (ch, msg) = (ch.clone(), census.msg());
            thread::spawn(move || ch.try_send(msg).is_ok())
        };
        let canceller = thread::spawn(move || cancel.cancel());
        let received = ch.recv_ctx(&ctx);
        let sent = sender.join().unwrap();
        let left = ch.try_recv();
        match &received {
            Ok(_) => assert!(sent && left.is_err()),
            Err(e) => {
                assert_eq!(*e, RecvCtxError::Done(Error::Canceled));
                assert_eq!(sent, left.is_ok());
            }
        }
        drop((received, left));
        assert_eq!(census.alive(), 0);
        canceller.join().unwrap();
    });
}

#[test]
fn rendezvous_receive() {
    recv_against_send_against_cancel(0);
}

#[test]
fn buffered_receive() {
    recv_against_send_against_cancel(1);
}

/// A sender under a context, a receiver, and somebody who cancels: the value has been received, or
/// comes back.
fn send_against_recv_against_cancel(cap: usize) {
    model(2, move || {
        let census = Census::default();
        let (ctx, cancel) = context::with_cancel(&background());
        let ch = chan::make(cap);
        (0..cap).for_each(|_| ch.send(census.msg()));
        let receiver = {
            let ch = ch.clone();
            thread::spawn(move || ch.try_recv().is_ok())
        };
        let canceller = thread::spawn(move || cancel.cancel());
        let sent = ch.send_ctx(&ctx, census.msg());
        let received = receiver.join().unwrap();
        assert_eq!(census.alive() as usize, cap + 1 - usize::from(received));
        match sent {
            Ok(()) => assert!(received, "there was no room for two"),
            Err(SendCtxError::Done(msg, error)) => {
                assert_eq!(error, Error::Canceled);
                drop(msg);
                assert_eq!(census.alive() as usize, ch.len());
            }
            Err(SendCtxError::Closed(_)) => unreachable!("nobody closes"),
        }
        canceller.join().unwrap();
        drop(ch);
        assert_eq!(census.alive(), 0);
    });
}

#[test]
fn rendezvous_send() {
    send_against_recv_against_cancel(0);
}

#[test]
fn buffered_send() {
    send_against_recv_against_cancel(1);
}

#[test]
fn both_sides_under_contexts() {
    model(2, || {
        let census = Census::default();
        let (ctx, cancel) = context::with_cancel(&background());
        let ch = chan::make(0);
        let sender = {
            let (ch, ctx, msg) = (ch.clone(), ctx.clone(), census.msg());
            thread::spawn(move || ch.send_ctx(&ctx, msg).is_ok())
        };
        let canceller = thread::spawn(move || cancel.cancel());
        let received = ch.recv_ctx(&ctx).is_ok();
        assert_eq!(sender.join().unwrap(), received);
        assert_eq!(census.alive(), 0);
        canceller.join().unwrap();
    });
}

#[test]
fn a_deadline_against_a_send() {
    model_with_timers(2, |heap| {
        let (ctx, cancel) = context::with_timeout(&background(), HOUR);
        let ch = chan::make(0);
        let runner = thread::spawn(move || heap.run(END));
        let sender = {
            let ch = ch.clone();
            thread::spawn(move || ch.try_send(1).is_ok())
        };
        let received = ch.recv_ctx(&ctx);
        assert_eq!(sender.join().unwrap(), received.is_ok());
        if let Err(e) = received {
            assert_eq!(e, RecvCtxError::Done(Error::DeadlineExceeded));
        }
        runner.join().unwrap();
        drop(cancel);
    });
}

#[test]
fn a_context_around_another_ends_the_wait_too() {
    model(2, || {
        let (outer, cancel_outer) = context::with_cancel(&background());
        let (inner, cancel_inner) = context::with_cancel(&background());
        let canceller = thread::spawn(move || cancel_outer.cancel());
        let never = chan::make::<u32>(0);
        let received = outer.run(|| never.recv_ctx(&inner));
        assert_eq!(received, Err(RecvCtxError::Done(Error::Canceled)));
        assert_eq!(inner.err(), None);
        cancel_inner.cancel();
        canceller.join().unwrap();
    });
}
