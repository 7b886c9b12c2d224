//! The operations with values instead of addresses, and with nil: what the faces are made of.

use super::elem::Typed;
use super::handle::Ref;
use super::recv::Received;
use super::send::Sent;
use super::wait::{NOW, abandon, wait_in_vain};
use gompa_park::WaitReason;
use gompa_park::time::{self, ENDLESS, Nanos};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::time::{Duration, Instant};

/// A channel, or nil.
pub(crate) type Nilable<T> = Option<Ref<T>>;

/// A send that did not happen, with its value.
pub(crate) enum NotSent<T> {
    Closed(T),
    TimedOut(T),
}

/// A receive that did not happen.
pub(crate) enum NotReceived {
    Closed,
    TimedOut,
}

/// Until when a timed operation may wait: [`ENDLESS`] at most, so that it can be cut short.
#[derive(Clone, Copy)]
pub(crate) struct Until(Nanos);

impl Until {
    pub(crate) fn after(d: Duration) -> Until {
        Until(if d.is_zero() {
            NOW
        } else {
            time::after(d).min(ENDLESS)
        })
    }

    pub(crate) fn at(at: Instant) -> Until {
        Until(time::from_instant(at).min(ENDLESS))
    }

    pub(crate) fn deadline(self) -> Nanos {
        self.0
    }
}

/// Sends, waiting until `deadline` at most.
#[inline(always)]
pub(crate) fn send<T>(chan: &Nilable<T>, value: T, deadline: Nanos) -> Result<(), NotSent<T>> {
    let Some(chan) = chan else {
        if deadline != NOW {
            wait_in_vain(WaitReason::ChanSendNil, deadline);
        }
        return Err(NotSent::TimedOut(value));
    };
    let value = ManuallyDrop::new(value);
    let address = (&raw const value).cast::<u8>();
    // SAFETY: 1. a `T`, on a channel of `T`; it is taken back below unless it was moved from.
    // 2. likewise.
    match unsafe { chan.send(Typed::<T>::NEW, address, deadline) } {
        Sent::Done => Ok(()),
        Sent::Closed => Err(NotSent::Closed(ManuallyDrop::into_inner(value))),
        Sent::TimedOut => Err(NotSent::TimedOut(ManuallyDrop::into_inner(value))),
        Sent::Interrupted => {
            drop(ManuallyDrop::into_inner(value));
            abandon()
        }
    }
}

/// Sends within the time of a timed operation. On nil, an endless time is over at once.
pub(crate) fn send_until<T>(chan: &Nilable<T>, value: T, until: Until) -> Result<(), NotSent<T>> {
    if chan.is_none() && until.0 == ENDLESS {
        return Err(NotSent::TimedOut(value));
    }
    send(chan, value, until.0)
}

/// Receives, waiting until `deadline` at most.
#[inline(always)]
pub(crate) fn recv<T>(chan: &Nilable<T>, deadline: Nanos) -> Result<T, NotReceived> {
    let Some(chan) = chan else {
        if deadline != NOW {
            wait_in_vain(WaitReason::ChanReceiveNil, deadline);
        }
        return Err(NotReceived::TimedOut);
    };
    let mut slot = MaybeUninit::<T>::uninit();
    let address = slot.as_mut_ptr().cast::<u8>();
    // SAFETY: 1. a place for a `T`, on a channel of `T`. 2. likewise.
    match unsafe { chan.recv(Typed::<T>::NEW, address, deadline) } {
        // SAFETY: filled.
        Received::Done => Ok(unsafe { slot.assume_init() }),
        Received::Closed => Err(NotReceived::Closed),
        Received::TimedOut => Err(NotReceived::TimedOut),
        Received::Interrupted => abandon(),
    }
}

/// Receives within the time of a timed operation. On nil, an endless time is over at once.
pub(crate) fn recv_until<T>(chan: &Nilable<T>, until: Until) -> Result<T, NotReceived> {
    if chan.is_none() && until.0 == ENDLESS {
        return Err(NotReceived::TimedOut);
    }
    recv(chan, until.0)
}
