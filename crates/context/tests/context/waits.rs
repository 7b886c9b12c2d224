//! Waits under a context.

use crate::HOUR;
use gompa_chan::{self as chan, Chan, RecvTimeoutError, SendTimeoutError, select};
use gompa_context::{
    Context, Error, RecvCtxError, RecvExt, SendCtxError, SendExt, background, sleep_ctx,
    with_cancel, with_timeout, with_value,
};
use std::io;
use std::thread;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(3);

fn soon() -> Context {
    let (ctx, cancel) = with_timeout(&background(), SOON);
    std::mem::forget(cancel); // leaks a count, harms nobody
    ctx
}

#[test]
fn every_kind_of_wait_ends() {
    let unbuffered = chan::make::<u32>(0);
    let full = chan::make::<u32>(1);
    full.send(0);
    let nil = Chan::<u32>::nil();
    let late = Error::DeadlineExceeded;
    assert_eq!(unbuffered.recv_ctx(&soon()), Err(RecvCtxError::Done(late)));
    assert_eq!(
        unbuffered.receiver().recv_ctx(&soon()),
        Err(RecvCtxError::Done(late))
    );
    assert_eq!(
        unbuffered.send_ctx(&soon(), 7),
        Err(SendCtxError::Done(7, late))
    );
    assert_eq!(
        full.sender().send_ctx(&soon(), 8),
        Err(SendCtxError::Done(8, late))
    );
    assert_eq!(nil.recv_ctx(&soon()), Err(RecvCtxError::Done(late)));
    assert_eq!(nil.send_ctx(&soon(), 9), Err(SendCtxError::Done(9, late)));
    assert_eq!(sleep_ctx(&soon(), HOUR), Err(late));
    assert_eq!(sleep_ctx(&soon(), Duration::MAX), Err(late));
    assert_eq!(full.recv(), Some(0));
    assert!(full.is_empty() && unbuffered.is_empty());
}

#[test]
fn what_can_be_done_is_done_unless_all_is_over() {
    let ch = chan::make(1);
    let (ctx, cancel) = with_cancel(&background());
    assert_eq!(ch.send_ctx(&ctx, 1), Ok(()));
    assert_eq!(ch.recv_ctx(&ctx), Ok(1));
    assert_eq!(sleep_ctx(&ctx, SOON), Ok(()));
    ch.send(2);
    cancel.cancel();
    let over = Error::Canceled;
    assert_eq!(ch.recv_ctx(&ctx), Err(RecvCtxError::Done(over)));
    assert_eq!(ch.recv(), Some(2));
    assert_eq!(ch.send_ctx(&ctx, 3).unwrap_err().into_inner(), 3);
    assert_eq!(sleep_ctx(&ctx, Duration::ZERO), Err(over));
    ch.close();
    let (ctx, _cancel) = with_cancel(&background());
    assert_eq!(ch.recv_ctx(&ctx), Err(RecvCtxError::Closed));
    assert_eq!(ch.send_ctx(&ctx, 4), Err(SendCtxError::Closed(4)));
    assert_eq!(ch.recv_ctx(&background()), Err(RecvCtxError::Closed));
}

#[test]
fn closing_ends_a_wait_under_a_context() {
    let ch = chan::make::<u32>(0);
    let (ctx, _cancel) = with_cancel(&background());
    thread::scope(|s| {
        let receiver = s.spawn(|| ch.recv_ctx(&ctx));
        let sender = s.spawn(|| ch.clone().try_send(0).err());
        sender.join().unwrap();
        ch.close();
        assert!(matches!(
            receiver.join().unwrap(),
            Ok(0) | Err(RecvCtxError::Closed)
        ));
    });
}

#[test]
fn run_cuts_what_can_say_so() {
    let (ctx, cancel) = with_cancel(&background());
    let never = chan::make::<u32>(0);
    thread::scope(|s| {
        let waiter = s.spawn(|| {
            ctx.run(|| {
                assert_eq!(never.recv_timeout(HOUR), Err(RecvTimeoutError::Timeout));
                let far = Instant::now() + HOUR;
                assert_eq!(never.recv_deadline(far), Err(RecvTimeoutError::Timeout));
                assert_eq!(
                    never.send_timeout(5, HOUR),
                    Err(SendTimeoutError::Timeout(5))
                );
                select! {
                    recv(never) -> _ => unreachable!(),
                    default(HOUR) => {}
                }
                assert!(chan::Select::new().select_timeout(HOUR).is_err());
                assert_eq!(
                    never.recv_ctx(&background()),
                    Err(RecvCtxError::Done(Error::Canceled))
                );
                // What does not wait happens.
                let buffered = chan::make(1);
                assert_eq!(buffered.send_timeout(1, HOUR), Ok(()));
                assert_eq!(buffered.recv_timeout(HOUR), Ok(1));
            });
            // And outside all is as before.
            assert_eq!(never.recv_timeout(SOON), Err(RecvTimeoutError::Timeout));
            sleep_ctx(&background(), SOON)
        });
        cancel.cancel();
        assert_eq!(waiter.join().unwrap(), Ok(()));
    });
}

#[test]
fn run_leaves_alone_what_has_no_way_to_say_so() {
    let (ctx, cancel) = with_cancel(&background());
    cancel.cancel();
    let ch = chan::make::<u32>(0);
    let begun = Instant::now();
    let got = thread::scope(|s| {
        s.spawn(|| {
            thread::sleep(SOON);
            ch.send(1);
        });
        ctx.run(|| {
            chan::time::sleep(SOON);
            ch.recv()
        })
    });
    assert_eq!(got, Some(1));
    assert!(begun.elapsed() >= SOON);
    // A new thread is not in reach.
    let slept = ctx.run(|| {
        thread::spawn(|| sleep_ctx(&background(), SOON))
            .join()
            .unwrap()
    });
    assert_eq!(slept, Ok(()));
}

#[test]
fn reaches_nest() {
    let (outer, cancel_outer) = with_cancel(&background());
    let (inner, cancel_inner) = with_timeout(&background(), HOUR);
    let never = chan::make::<u32>(0);
    outer.run(|| {
        inner.run(|| {
            cancel_inner.cancel();
            assert_eq!(sleep_ctx(&background(), HOUR), Err(Error::Canceled));
        });
        assert_eq!(sleep_ctx(&background(), SOON), Ok(()));
        cancel_outer.cancel();
        let (fresh, _fresh) = with_cancel(&background());
        assert_eq!(
            never.recv_ctx(&fresh),
            Err(RecvCtxError::Done(Error::Canceled))
        );
        let caught = std::panic::catch_unwind(|| fresh.run(|| panic!("out of both")));
        assert!(caught.is_err());
    });
    assert_eq!(sleep_ctx(&background(), SOON), Ok(()));
}

#[test]
fn io_says_why() {
    let (ctx, cancel) = with_cancel(&background());
    assert_eq!(ctx.io(|| Ok(1)).unwrap(), 1);
    let own: io::Result<()> = ctx.io(|| Err(io::ErrorKind::TimedOut.into()));
    assert!(own.unwrap_err().get_ref().is_none(), "its own time-out");
    cancel.cancel();
    let error = ctx
        .io(|| -> io::Result<()> { unreachable!("not even begun") })
        .unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Other);
    let inner = error.get_ref().unwrap().downcast_ref::<Error>();
    assert_eq!(inner, Some(&Error::Canceled));
    let (ctx, _cancel) = with_timeout(&background(), Duration::ZERO);
    assert_eq!(
        ctx.io(|| Ok(())).unwrap_err().kind(),
        io::ErrorKind::TimedOut
    );
}

#[test]
fn a_wait_of_ones_own() {
    let (ctx, cancel) = with_cancel(&with_value(&background(), 0, 0));
    let ch = chan::make::<u32>(1);
    let take = |ctx: &Context| {
        ctx.wait(
            || ch.try_recv().map_err(drop),
            || ch.recv_timeout(Duration::MAX).map_err(drop),
        )
    };
    ch.send(1);
    assert_eq!(take(&ctx), Ok(1));
    thread::scope(|s| {
        s.spawn(|| cancel.cancel());
        assert_eq!(take(&ctx), Err(Error::Canceled));
    });
    ch.send(2);
    assert_eq!(take(&ctx), Err(Error::Canceled));
    assert_eq!(take(&background()), Ok(2));
}
