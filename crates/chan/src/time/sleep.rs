//! Doing nothing for a while.

use super::due_after;
use gompa_park::{Parker, WaitReason, Wake};
use std::time::Duration;

/// Pauses the goroutine (or the thread) for `d`, or a little longer. Returns at once if `d` is 0.
pub fn sleep(d: Duration) {
    if d.is_zero() {
        return;
    }
    let parker = Parker::current();
    match parker.park(WaitReason::Sleep, due_after(d)) {
        Wake::TimedOut => {}
        // Nothing to withdraw: nobody knows of this wait.
        Wake::Interrupted => parker.abandon(),
        Wake::Unparked => unreachable!("nobody knows of this wait"),
    }
}
