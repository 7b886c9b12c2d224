//! Waiting at one channel: park, and if the wait ends without an outcome, withdraw.

use super::Core;
use super::gate::Held;
use super::waiter::{Outcome, Waiter};
use gompa_park::time::Nanos;
use gompa_park::waiter::Then;
use gompa_park::{Parker, WaitReason, Wake};
use std::mem::ManuallyDrop;
use std::ptr;

/// The deadline of those who do not wait at all.
pub(crate) const NOW: Nanos = 0;

/// How a wait ended.
pub(crate) enum Waited {
    /// Somebody claimed it.
    Claimed(Outcome),
    /// The deadline passed, or the wait was cut; withdrawn.
    TimedOut,
    /// The runtime shuts down; withdrawn. The caller puts its values in order and
    /// [abandons](abandon).
    Interrupted,
}

/// Leaves `held`, where `waiter` has been queued, and waits until it has been claimed, or withdraws
/// it. The channel is left only once the waiter really waits, so that whoever claims it finds it
/// waiting.
pub(crate) fn wait(
    held: Held<'_>,
    parker: &Parker,
    waiter: &Waiter,
    reason: WaitReason,
    deadline: Nanos,
    withdraw: impl FnOnce() -> bool,
) -> Waited {
    let held = ManuallyDrop::new(held);
    let then = Then {
        run: leave,
        data: ptr::from_ref(held.core).cast(),
    };
    // SAFETY: 1. leaving neither blocks nor panics. 2. the waiter is in the queues of a channel
    // that is held until then.
    let wake = unsafe { parker.park_then_cuttable(reason, deadline, then) };
    if wake != Wake::Unparked {
        if withdraw() {
            return match wake {
                Wake::TimedOut => Waited::TimedOut,
                _ => Waited::Interrupted,
            };
        }
        parker.park_claimed(reason);
    }
    Waited::Claimed(waiter.outcome())
}

/// Leaves the channel at `core`.
///
/// # Safety
/// 1. The caller has entered it and not left.
unsafe fn leave(core: *const ()) {
    // SAFETY: a channel is not freed while it is held. 1. duty 1.
    unsafe { (*core.cast::<Core>()).leave_raw() }
}

/// Waits for ever, or for the deadline: what an operation on a nil channel does. Returns when the
/// deadline has passed; at once if it never would.
pub(crate) fn wait_in_vain(reason: WaitReason, deadline: Nanos) {
    let parker = Parker::current();
    match parker.park_cuttable(reason, deadline) {
        Wake::TimedOut => {}
        Wake::Interrupted => parker.abandon(),
        Wake::Unparked => unreachable!("nobody knows of this wait"),
    }
}

/// Ends the running code after [`Waited::Interrupted`].
pub(crate) fn abandon() -> ! {
    Parker::current().abandon()
}
