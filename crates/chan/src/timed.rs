//! The seam for timers' channels.
//!
//! A timer's channel has one slot, and a timer behind it that puts the due time there. Go fires
//! such a timer lazily: it is in a heap only while somebody is blocked on the channel; else whoever
//! receives (or selects) first asks the timer whether it is due. So a timer that nobody waits for
//! costs nothing, and one that nobody refers to is simply freed.
//!
//! The timer itself is written over [`TimerHook`]; the channel calls it:
//! - [`poll`](TimerHook::poll) before a receive or a select looks at the channel,
//! - [`block`](TimerHook::block) before somebody waits there, [`unblock`](TimerHook::unblock) after.
//!   Between the two the channel is looked at once more, so a timer that fires in `block`, or right
//!   after it, is not missed.
//!
//! All calls come with no lock of any channel held, so a hook may use the channel: it sends without
//! waiting, and takes a stale value back by [`drain`]. `len` and `cap` of such a channel are 0.

use crate::hchan::Core;
use crate::hchan::elem::Typed;
use crate::hchan::handle::Ref;
use crate::hchan::recv::Received;
use gompa_park::time::{self, Nanos};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Instant;

/// A timer behind a channel. `channel` is always the one it was made with; a hook that must reach
/// it later (from a heap, while somebody is blocked) clones the reference.
pub(crate) trait TimerHook: Send + Sync {
    /// Fires now if due.
    fn poll(&self, channel: &Ref<Instant>, now: Nanos);

    /// One more is about to wait at the channel: from now on the timer fires by itself.
    fn block(&self, channel: &Ref<Instant>);

    /// One of those has left.
    fn unblock(&self, channel: &Ref<Instant>);
}

/// Takes back what is in the slot, without asking the timer; whether there was something.
pub(crate) fn drain(channel: &Ref<Instant>) -> bool {
    let mut slot = MaybeUninit::<Instant>::uninit();
    // SAFETY: 1. a place for an instant, on a channel of instants. 2. likewise. (An instant needs
    // no drop.)
    let got =
        unsafe { channel.recv_quietly(Typed::<Instant>::NEW, slot.as_mut_ptr().cast::<u8>()) };
    got == Received::Done
}

/// What a channel keeps of its timer.
pub(crate) struct Timer {
    pub(crate) hook: Arc<dyn TimerHook>,
    /// The channel it is in.
    pub(crate) channel: NonNull<Core>,
}

impl Timer {
    fn channel(&self) -> ManuallyDrop<Ref<Instant>> {
        // SAFETY: 1. timers' channels are of instants (`Ref::with_timer`). 2. the channel lives as
        // long as `self`, which is in it.
        unsafe { Ref::borrow(self.channel) }
    }
}

impl Core {
    /// Lets the timer behind this channel fire if it is due.
    #[cold]
    #[inline(never)]
    pub(crate) fn fire_if_due(&self) {
        if let Some(timer) = &self.seldom.timer {
            timer.hook.poll(&timer.channel(), time::now());
        }
    }

    /// Tells the timer, if any, that one more is about to wait here.
    pub(crate) fn arm_timer(&self) {
        if let Some(timer) = &self.seldom.timer {
            timer.hook.block(&timer.channel());
        }
    }

    /// Tells the timer, if any, that one of those has left.
    pub(crate) fn disarm_timer(&self) {
        if let Some(timer) = &self.seldom.timer {
            timer.hook.unblock(&timer.channel());
        }
    }
}

/// Somebody waits, or is about to, at a timer's channel.
pub(crate) struct Armed<'a>(&'a Core);

impl<'a> Armed<'a> {
    /// Tells the timer.
    pub(crate) fn new(core: &'a Core) -> Armed<'a> {
        core.arm_timer();
        Armed(core)
    }
}

impl Drop for Armed<'_> {
    fn drop(&mut self) {
        self.0.disarm_timer();
    }
}
