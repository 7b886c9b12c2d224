//! The goroutine profile: how many are where.

use super::samples::{Key, Samples};
use gompa_sched::Status;
use gompa_sched::debug::{GoroutineStack, Look, Of, each_stack};
use std::ops::ControlFlow;

/// Every goroutine of the process, or about `most` of them.
pub(crate) fn take(most: usize) -> Samples {
    let mut samples = Samples::new(&[("goroutine", "count")]);
    samples.period = Some((("goroutine", "count"), 1));
    let mut every = 1;
    each_stack(Look::at(Of::All).most(most), |g| {
        every = every.max(g.stands_for);
        samples.add(key(g), &[g.stands_for as i64]);
        ControlFlow::Continue(())
    });
    if every > 1 {
        let comment = format!("one goroutine of {every} was looked at, and counts for all of them");
        samples.comments.push(comment);
    }
    samples
}

/// What a goroutine is counted under.
pub(crate) fn key(g: &GoroutineStack) -> Key {
    let stack = g.frames.as_deref().unwrap_or_default();
    let mut key = Key::of(stack).label(&g.info);
    if g.frames.is_none() {
        key.root = Some(g.info.created_at);
        key.instead = Some(match g.info.status {
            Status::Runnable => "[runnable]",
            Status::Syscall => "[syscall]",
            Status::Waiting => "[waiting]",
            _ => "[running]",
        });
    }
    key
}
