//! Waiting at one channel: park, and if the wait ends without an outcome, withdraw.

use super::waiter::{Outcome, Waiter};
use gompa_park::time::Nanos;
use gompa_park::{Parker, WaitReason, Wake};

/// The deadline of those who do not wait at all.
pub(crate) const NOW: Nanos = 0;

/// How a wait ended.
pub(crate) enum Waited {
    /// Somebody claimed it.
    Claimed(Outcome),
    /// The deadline passed; withdrawn.
    TimedOut,
    /// The runtime shuts down; withdrawn. The caller puts its values in order and
    /// [abandons](abandon).
    Interrupted,
}

/// Waits until `waiter`, which is queued, has been claimed, or withdraws it.
pub(crate) fn wait(
    parker: &Parker,
    waiter: &Waiter,
    reason: WaitReason,
    deadline: Nanos,
    withdraw: impl FnOnce() -> bool,
) -> Waited {
    let wake = parker.park(reason, deadline);
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

/// Waits for ever, or for the deadline: what an operation on a nil channel does. Returns when the
/// deadline has passed; at once if it never would.
pub(crate) fn wait_in_vain(reason: WaitReason, deadline: Nanos) {
    let parker = Parker::current();
    match parker.park(reason, deadline) {
        Wake::TimedOut => {}
        Wake::Interrupted => parker.abandon(),
        Wake::Unparked => unreachable!("nobody knows of this wait"),
    }
}

/// Ends the running code after [`Waited::Interrupted`].
pub(crate) fn abandon() -> ! {
    Parker::current().abandon()
}
