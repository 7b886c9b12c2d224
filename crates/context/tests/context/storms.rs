//! Very many at once.

use crate::{HOUR, is_done, until};
use gompa_chan as chan;
use gompa_context::{
    CancelFunc, Context, Error, RecvExt, after_func, background, with_cancel, with_timeout,
};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;

/// A forest over one root: each context hangs below one of those before it.
fn forest(size: usize) -> Vec<(Context, CancelFunc)> {
    let mut all = vec![with_cancel(&background())];
    let mut state = 1_u64;
    while all.len() < size {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let parent = &all[(state >> 33) as usize % all.len().min(1000)].0;
        all.push(if state >> 62 == 0 {
            with_timeout(parent, HOUR)
        } else {
            with_cancel(parent)
        });
    }
    all
}

/// 100 000 contexts cancelled from 8 sides, some of which drop theirs at once; whoever has cancelled
/// finds everything below done.
#[test]
fn a_hundred_thousand_from_eight_sides() {
    let all = forest(100_000);
    for (ctx, _) in all.iter().step_by(3) {
        let _ = ctx.done();
    }
    let mut sides: Vec<Vec<(Context, CancelFunc)>> = (0..8).map(|_| Vec::new()).collect();
    for (i, pair) in all.iter().enumerate() {
        sides[i * 7 % 8].push(pair.clone());
    }
    let start = Arc::new(Barrier::new(8));
    let threads: Vec<_> = sides
        .into_iter()
        .enumerate()
        .map(|(side, mut own)| {
            let start = start.clone();
            thread::spawn(move || {
                start.wait();
                if side % 2 == 0 {
                    own.reverse();
                }
                while let Some((ctx, cancel)) = own.pop() {
                    cancel.cancel();
                    assert_eq!(ctx.err(), Some(Error::Canceled));
                    assert!(is_done(&ctx));
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|t| t.join().unwrap());
    assert!(all.iter().all(|(ctx, _)| is_done(ctx)));
}

/// Children come and go below a root that is cancelled meanwhile.
#[test]
fn births_and_deaths_below_a_root_that_ends() {
    for _ in 0..20 {
        let (root, cancel) = with_cancel(&background());
        let called = Arc::new(AtomicUsize::new(0));
        let registered = Arc::new(AtomicUsize::new(0));
        thread::scope(|s| {
            for side in 0..4 {
                let (root, called, registered) = (&root, &called, &registered);
                s.spawn(move || {
                    let mut kept = Vec::new();
                    for i in 0..500 {
                        let (ctx, cancel) = with_cancel(root);
                        match (i + side) % 4 {
                            0 => drop((ctx, cancel)),
                            1 => cancel.cancel(),
                            2 if i % 100 == 2 => {
                                let called = called.clone();
                                let f = move || {
                                    called.fetch_add(1, SeqCst);
                                };
                                drop(after_func(&ctx, f));
                                registered.fetch_add(1, SeqCst);
                                kept.push((ctx, cancel));
                            }
                            _ => kept.push(with_cancel(&ctx)),
                        }
                    }
                    root.done().recv().unwrap_err();
                    assert!(kept.iter().all(|(ctx, _)| ctx.err().is_some()));
                });
            }
            s.spawn(|| cancel.cancel());
        });
        until("all called", || {
            called.load(SeqCst) == registered.load(SeqCst)
        });
    }
}

/// Many wait under contexts of one root, by all the ways there are; one call ends them all.
#[test]
fn one_call_ends_all_waits() {
    let (root, cancel) = with_cancel(&background());
    let never = chan::make::<()>(0);
    let waiting = AtomicUsize::new(0);
    thread::scope(|s| {
        let waiters: Vec<_> = (0..60)
            .map(|i| {
                let (root, never, waiting) = (&root, &never, &waiting);
                s.spawn(move || {
                    let (ctx, _cancel) = with_cancel(root);
                    waiting.fetch_add(1, SeqCst);
                    match i % 4 {
                        0 => never.recv_ctx(&ctx).is_err(),
                        1 => ctx.run(|| never.recv_timeout(HOUR)).is_err(),
                        2 => ctx.done().recv().is_err(),
                        _ => gompa_context::sleep_ctx(&ctx, HOUR).is_err(),
                    }
                })
            })
            .collect();
        until("all there", || waiting.load(SeqCst) == 60);
        cancel.cancel();
        assert!(waiters.into_iter().all(|w| w.join().unwrap()));
    });
}
