//! Very many at once, on goroutines.

use crate::on_one_and_two;
use gompa::chan;
use gompa::context::{CancelFunc, Context, Error, RecvExt, background, with_cancel, with_timeout};
use gompa::{go, gosched};
use std::sync::Arc;
use std::time::Duration;

/// 100 000 contexts in a forest, cancelled from 8 goroutines at once while others are born, wait
/// and go; whoever has cancelled finds his done, and all below.
#[test]
fn a_hundred_thousand_from_eight_sides() {
    on_one_and_two(|| {
        let mut all: Vec<(Context, CancelFunc)> = vec![with_cancel(&background())];
        let mut state = 7_u64;
        while all.len() < 100_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let parent = &all[state as usize % all.len().min(3000)].0;
            let child = with_cancel(parent);
            all.push(child);
        }
        let all = Arc::new(all);
        let never = chan::make::<()>(0);
        let waiters: Vec<_> = (0..2000)
            .map(|i| {
                let (all, never) = (all.clone(), never.clone());
                go(move || {
                    let ctx = &all[i * 50].0;
                    match i % 2 {
                        0 => assert!(never.recv_ctx(ctx).is_err()),
                        _ => assert!(ctx.done().recv().is_err()),
                    }
                    assert_eq!(ctx.err(), Some(Error::Canceled));
                })
            })
            .collect();
        gosched();
        let sides: Vec<_> = (0..8)
            .map(|side| {
                let all = all.clone();
                go(move || {
                    for (i, (ctx, cancel)) in all.iter().enumerate().skip(side).step_by(8).rev() {
                        if i % 5 == 0 {
                            drop(with_cancel(ctx));
                        }
                        cancel.cancel();
                        assert_eq!(ctx.err(), Some(Error::Canceled));
                        assert!(ctx.done().is_closed());
                    }
                })
            })
            .collect();
        sides.into_iter().for_each(|s| s.join().unwrap());
        waiters.into_iter().for_each(|w| w.join().unwrap());
        assert!(all.iter().all(|(ctx, _)| ctx.err().is_some()));
    });
}

/// Goroutines with deadlines of their own, a hundred thousand of them, all of which pass.
#[test]
fn deadlines_pass_by_the_ten_thousand() {
    on_one_and_two(|| {
        let never = chan::make::<()>(0);
        let waiters: Vec<_> = (0..20_000_u64)
            .map(|i| {
                let never = never.clone();
                go(move || {
                    let time = Duration::from_micros(i % 5000);
                    let (ctx, _cancel) = with_timeout(&background(), time);
                    never.recv_ctx(&ctx).unwrap_err()
                })
            })
            .collect();
        for waiter in waiters {
            assert_eq!(
                waiter.join().unwrap(),
                gompa::context::RecvCtxError::Done(Error::DeadlineExceeded)
            );
        }
    });
}
