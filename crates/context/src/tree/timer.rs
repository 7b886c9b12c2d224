//! The deadline of a context's own.

use super::{Deadline, Ended, of};
use crate::error::{Cause, Error};
use crate::node::NodeRef;
use gompa_park::time;
use gompa_park::timer::{self, Timer};
use std::time::Instant;

/// A timer, and what the context's cause is when it fires.
pub(super) struct Alarm {
    timer: Timer,
    pub(super) cause: Option<Cause>,
}

impl Alarm {
    /// May be called under a lock.
    pub(super) fn stop(&self) {
        self.timer.stop();
    }
}

/// Sets the alarm of a new node; ends it at once if that time is over.
pub(super) fn set(node: &NodeRef, deadline: Deadline) {
    let Deadline { at, cause } = deadline;
    let tree = &of(node).rest;
    if at <= Instant::now() {
        node.end(Ended {
            error: Error::DeadlineExceeded,
            cause,
        });
        return;
    }
    let weak = node.downgrade();
    // On the stack of whoever runs the timers: nothing foreign may run here, no destructor either.
    let timer = Timer::new(move |_| {
        if let Some(node) = weak.upgrade() {
            node.expire();
            node.drop_in_callback();
        }
    });
    let alarm = Alarm { timer, cause };
    let heap = timer::current();
    let when = time::from_instant(at);
    let aftermath = tree.locked(|tree| {
        let started = (!tree.has_ended()).then(|| alarm.timer.reset_under_lock(&heap, when, None));
        // SAFETY: 1. the lock is held.
        if let Some(rare) = unsafe { tree.rare() } {
            rare.alarm = Some(alarm);
        }
        started
    });
    drop(aftermath);
}
