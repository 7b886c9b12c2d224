//! Waits of goroutines.

use crate::{HOUR, on_one_and_two, until};
use gompa::chan::{self, RecvTimeoutError};
use gompa::context::{
    self, Context, Error, RecvCtxError, RecvExt, SendCtxError, SendExt, background, with_cancel,
    with_timeout,
};
use gompa::{Builder, go, gosched, select, time};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

/// All the waits there are, each under `ctx`; every one must end in its way.
fn all_waits(ctx: &Context) {
    let never = chan::make::<u32>(0);
    let why = RecvCtxError::Done(ctx.err().unwrap_or(Error::Canceled));
    assert_eq!(never.recv_ctx(ctx), Err(why));
    assert!(matches!(
        never.send_ctx(ctx, 3),
        Err(SendCtxError::Done(3, _))
    ));
    assert!(context::sleep_ctx(ctx, HOUR).is_err());
    let timed = ctx.run(|| never.recv_timeout(HOUR));
    assert_eq!(timed, Err(RecvTimeoutError::Timeout));
    ctx.run(|| {
        select! {
            recv(never) -> _ => unreachable!(),
            default(HOUR) => {}
        }
    });
    select! {
        recv(ctx.done()) -> _ => {}
        recv(never) -> _ => unreachable!(),
    }
}

#[test]
fn they_end_when_a_goroutine_cancels() {
    on_one_and_two(|| {
        for first in 0..6 {
            let (ctx, cancel) = with_cancel(&background());
            let never = chan::make::<u32>(0);
            let waiter = go(move || match first {
                0 => all_waits(&ctx),
                1 => assert!(never.send_ctx(&ctx, 1).is_err()),
                2 => assert!(context::sleep_ctx(&ctx, HOUR).is_err()),
                3 => assert!(ctx.run(|| never.recv_timeout(HOUR)).is_err()),
                4 => ctx.run(|| {
                    select! {
                        recv(never) -> _ => unreachable!(),
                        default(HOUR) => {}
                    }
                }),
                _ => assert!(ctx.done().recv().is_err()),
            });
            gosched();
            cancel.cancel();
            waiter.join().unwrap();
        }
    });
}

#[test]
fn they_end_when_a_plain_thread_cancels_or_the_time_is_over() {
    on_one_and_two(|| {
        let (ctx, cancel) = with_cancel(&background());
        let waiters: Vec<_> = (0..50)
            .map(|_| {
                let ctx = ctx.clone();
                go(move || all_waits(&ctx))
            })
            .collect();
        gosched();
        let thread = std::thread::spawn(move || cancel.cancel());
        waiters.into_iter().for_each(|w| w.join().unwrap());
        gompa::blocking(|| thread.join().unwrap());
        let waiters: Vec<_> = (0..50)
            .map(|i| {
                go(move || {
                    let (ctx, _cancel) = with_timeout(&background(), Duration::from_micros(i * 50));
                    let never = chan::make::<u32>(0);
                    let over = RecvCtxError::Done(Error::DeadlineExceeded);
                    assert_eq!(never.recv_ctx(&ctx), Err(over));
                })
            })
            .collect();
        waiters.into_iter().for_each(|w| w.join().unwrap());
    });
}

/// A wait that has been cut before its time leaves nothing that would end a later one.
#[test]
fn the_timer_of_a_cut_wait_ends_no_other() {
    on_one_and_two(|| {
        let never = chan::make::<u32>(0);
        let soon = Duration::from_millis(2);
        for _ in 0..50 {
            let (ctx, cancel) = with_cancel(&background());
            let canceller = go(move || cancel.cancel());
            ctx.run(|| assert!(never.recv_timeout(soon).is_err()));
            // This lasts as long as it says, whatever timers of before come up meanwhile.
            let begun = std::time::Instant::now();
            time::sleep(2 * soon);
            assert!(begun.elapsed() >= 2 * soon);
            canceller.join().unwrap();
        }
    });
}

/// Cut and woken at the same time, again and again: what has been sent is received, once.
#[test]
fn nothing_is_lost() {
    on_one_and_two(|| {
        const MESSAGES: u64 = 20_000;
        for cap in [0, 1] {
            let ch = chan::make(cap);
            let receivers: Vec<_> = (0..4)
                .map(|_| {
                    let ch = ch.clone();
                    go(move || {
                        let mut sum = 0;
                        loop {
                            let (ctx, cancel) = with_cancel(&background());
                            drop(go(move || cancel.cancel()));
                            match ch.recv_ctx(&ctx) {
                                Ok(n) => sum += n,
                                Err(RecvCtxError::Closed) => return sum,
                                Err(RecvCtxError::Done(_)) => {}
                            }
                        }
                    })
                })
                .collect();
            (0..MESSAGES).for_each(|n| ch.send(n));
            ch.close();
            let sum: u64 = receivers.into_iter().map(|r| r.join().unwrap()).sum();
            assert_eq!(sum, MESSAGES * (MESSAGES - 1) / 2);
        }
    });
}

/// A goroutine that is looked at while it waits goes back to the same wait, and can still be cut.
#[test]
fn a_dump_and_a_cut() {
    on_one_and_two(|| {
        let (ctx, cancel) = with_cancel(&background());
        let waiters: Vec<_> = (0..10)
            .map(|i| {
                let ctx = ctx.clone();
                go(move || match i % 2 {
                    0 => all_waits(&ctx),
                    _ => assert!(ctx.run(|| chan::make::<u32>(0).recv_timeout(HOUR)).is_err()),
                })
            })
            .collect();
        let canceller = go(move || {
            for _ in 0..3 {
                until("seen waiting", || {
                    let mut text = Vec::new();
                    gompa::debug::stack_dump(&mut text).unwrap();
                    String::from_utf8_lossy(&text).contains("chan receive")
                });
            }
            let dumper = go(|| gompa::debug::stack_dump(&mut std::io::sink()).unwrap());
            cancel.cancel();
            dumper.join().unwrap();
        });
        waiters.into_iter().for_each(|w| w.join().unwrap());
        canceller.join().unwrap();
    });
}

/// What was in reach of something when it ended, however it ended, does not hand that on.
#[test]
fn reach_ends_with_its_goroutine() {
    on_one_and_two(|| {
        let (ctx, cancel) = with_cancel(&background());
        for i in 0..100 {
            let ctx = ctx.clone();
            let ended = go(move || {
                ctx.run(|| match i % 3 {
                    0 => std::panic::resume_unwind(Box::new("in reach")),
                    1 => gompa::goexit(),
                    _ => {}
                });
            });
            assert_eq!(ended.join().is_err(), i % 3 != 2);
        }
        cancel.cancel();
        let brief = Duration::from_millis(1);
        let all: Vec<_> = (0..100)
            .map(|_| go(move || context::sleep_ctx(&background(), brief)))
            .collect();
        all.into_iter().for_each(|g| g.join().unwrap().unwrap());
    });
}

#[test]
fn goroutines_started_in_reach_are_not() {
    on_one_and_two(|| {
        let (ctx, cancel) = with_cancel(&background());
        cancel.cancel();
        let brief = Duration::from_millis(1);
        let slept = ctx.run(|| {
            let inner = go(move || context::sleep_ctx(&background(), brief));
            inner.join().unwrap()
        });
        assert_eq!(slept, Ok(()));
    });
}

/// A runtime that shuts down ends waits in reach of what lives on.
#[test]
fn shutdown_in_reach() {
    let (ctx, cancel) = with_cancel(&background());
    let dropped = Arc::new(AtomicUsize::new(0));
    struct Count(Arc<AtomicUsize>);
    impl Drop for Count {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    let runtime = Builder::new().procs(2).build();
    let waiting = Arc::new(AtomicUsize::new(0));
    {
        let (ctx, dropped, waiting) = (ctx.clone(), dropped.clone(), waiting.clone());
        runtime.run(move || {
            for i in 0..20 {
                let (ctx, waiting) = (ctx.clone(), waiting.clone());
                let count = Count(dropped.clone());
                drop(go(move || {
                    let _count = count;
                    waiting.fetch_add(1, SeqCst);
                    let never = chan::make::<u32>(0);
                    match i % 2 {
                        0 => drop(never.recv_ctx(&ctx)),
                        _ => drop(ctx.run(|| never.recv_timeout(HOUR))),
                    }
                }));
            }
            until("all there", || waiting.load(SeqCst) == 20);
        });
    }
    drop(runtime);
    assert_eq!(dropped.load(SeqCst), 20);
    cancel.cancel();
}

/// Goroutines on their carriers' thread-locals: what they are in reach of is theirs all the same.
#[test]
fn on_carriers_thread_locals() {
    // SAFETY: nothing here holds a thread-local across a call that may park.
    let runtime = unsafe { Builder::new().procs(2).carrier_thread_locals() }.build();
    runtime.run(|| {
        let (ctx, cancel) = with_cancel(&background());
        let in_reach: Vec<_> = (0..20)
            .map(|_| {
                let ctx = ctx.clone();
                go(move || ctx.run(|| chan::make::<u32>(0).recv_timeout(HOUR).is_err()))
            })
            .collect();
        let brief = Duration::from_millis(3);
        let others: Vec<_> = (0..20)
            .map(|_| go(move || (0..5).all(|_| context::sleep_ctx(&background(), brief).is_ok())))
            .collect();
        gosched();
        cancel.cancel();
        assert!(in_reach.into_iter().all(|g| g.join().unwrap()));
        assert!(others.into_iter().all(|g| g.join().unwrap()));
    });
}

/// Functions of `after_func` run on goroutines, and may block.
#[test]
fn functions_run_on_goroutines() {
    on_one_and_two(|| {
        let met = chan::make(0);
        let (timed, _timed) = with_timeout(&background(), Duration::from_millis(1));
        let (ctx, cancel) = with_cancel(&background());
        for ctx in [&timed, &ctx] {
            let met = met.clone();
            drop(context::after_func(ctx, move || {
                met.send(gompa::current().is_some())
            }));
        }
        cancel.cancel();
        assert_eq!((met.recv(), met.recv()), (Some(true), Some(true)));
    });
}
