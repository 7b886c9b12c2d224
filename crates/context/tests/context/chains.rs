//! Trees of any shape: no recursion, no order of dropping that is wrong.

use crate::{HOUR, is_done};
use gompa_context::{Context, Error, background, with_cancel, with_timeout, with_value};
use std::thread;

const DEEP: usize = 200_000;

/// On a stack that would not bear recursion.
fn on_a_small_stack(f: impl FnOnce() + Send + 'static) {
    let small = thread::Builder::new().stack_size(64 << 10);
    small.spawn(f).unwrap().join().unwrap();
}

#[test]
fn a_long_chain_is_cancelled_and_dropped() {
    on_a_small_stack(|| {
        let (root, cancel) = with_cancel(&background());
        let mut ctx = root;
        for _ in 0..DEEP {
            ctx = with_cancel(&ctx).0;
        }
        cancel.cancel();
        assert_eq!(ctx.err(), Some(Error::Canceled));
        drop((ctx, cancel));
    });
}

#[test]
fn a_long_chain_is_dropped_uncancelled() {
    on_a_small_stack(|| {
        let mut ctx = background();
        for i in 0..DEEP {
            ctx = with_cancel(&with_value(&ctx, i, i)).0;
        }
        drop(ctx);
    });
}

#[test]
fn parents_and_children_go_in_any_order() {
    for order in 0..24 {
        let (root, cancel) = with_cancel(&background());
        let (a, _cancel_a) = with_cancel(&root);
        let (b, _cancel_b) = with_timeout(&a, HOUR);
        let (c, cancel_c) = with_cancel(&a);
        let mut handles: Vec<Option<Context>> = [root, a, b, c].map(Some).into();
        let mut left = order;
        let mut rest: Vec<usize> = (0..4).collect();
        while !rest.is_empty() {
            let next = rest.remove(left % rest.len());
            left /= rest.len().max(1) + 1;
            handles[next] = None;
            if rest.len() == 2 {
                cancel_c.cancel();
            }
            if rest.len() == 1 {
                cancel.cancel();
            }
        }
    }
}

/// Thirty random layers: what is cancelled ends what is below, and nothing else.
#[test]
fn layers() {
    let mut state = 0x9e37_79b9_u32;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    };
    for _ in 0..200 {
        let mut layers = vec![background()];
        let mut cancels = Vec::new();
        while layers.len() < 30 {
            let parent = &layers[layers.len() - 1];
            match random() % 3 {
                0 => {
                    let (ctx, cancel) = with_cancel(parent);
                    cancels.push((layers.len(), cancel));
                    layers.push(ctx);
                }
                1 => {
                    let (ctx, cancel) = with_timeout(parent, HOUR);
                    cancels.push((layers.len(), cancel));
                    layers.push(ctx);
                }
                _ => {
                    let level = layers.len();
                    layers.push(with_value(parent, level, level * 2));
                }
            }
        }
        let mut done_from = usize::MAX;
        while !cancels.is_empty() {
            let (at, cancel) = cancels.swap_remove(random() % cancels.len());
            cancel.cancel();
            done_from = done_from.min(at);
            for (i, ctx) in layers.iter().enumerate() {
                assert_eq!(is_done(ctx), i >= done_from);
                assert_eq!(ctx.err().is_some(), i >= done_from);
                if let Some(value) = layers[29].value::<usize, usize>(&i) {
                    assert_eq!(*value, i * 2);
                }
            }
        }
    }
}
