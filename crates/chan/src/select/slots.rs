//! What `select!` is made of: one typed slot a case, on the stack of whoever selects.
//!
//! Public because the macro's expansion names it, hidden because nothing else should. Safe to call
//! in any order nevertheless.

use super::case::{Case, Ended};
use super::ends::{Receives, Sends};
use super::run::{Room, run};
use crate::chan::Chan;
use crate::hchan::Core;
use crate::hchan::elem::Typed;
use crate::hchan::promise::Promise;
use crate::hchan::typed::Until;
use crate::hchan::wait::NOW;
use crate::sides::{Receiver, Sender};
use gompa_park::time::{NEVER, Nanos};
use std::cell::{Cell, UnsafeCell};
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;
use std::time::Duration;

/// The slot of a `recv` case, with a place for the value.
#[derive(Debug)]
pub struct RecvSlot<'a, C: Receives> {
    channel: Option<NonNull<Core>>,
    /// Written by the select, taken by [`take`](Self::take).
    ended: Cell<Option<Ended>>,
    /// Holds a value while `ended` is `Received`.
    value: UnsafeCell<MaybeUninit<C::Item>>,
    _face: PhantomData<&'a C>,
}

impl<'a, C: Receives> RecvSlot<'a, C> {
    fn new(face: &'a C) -> Self {
        RecvSlot {
            channel: face.__channel().0,
            ended: Cell::new(None),
            value: UnsafeCell::new(MaybeUninit::uninit()),
            _face: PhantomData,
        }
    }

    /// The case for this slot.
    pub fn case(&self) -> Case<'_> {
        // SAFETY: 1. the face, borrowed for 'a, keeps the channel. 2. the slot is borrowed as long
        // as the case lives, and gives the place out only here; of two cases with one place at
        // most one gets a value.
        unsafe { Case::recv(self.channel, self.value.get().cast()) }.reporting_to(&self.ended)
    }

    /// Whether this case was chosen.
    pub fn won(&self) -> bool {
        self.ended.get().is_some()
    }

    /// What the receive returns.
    ///
    /// # Panics
    /// If this case was not chosen.
    pub fn take(&self) -> C::Received {
        C::__received(match self.ended.take() {
            // SAFETY: filled, and `ended` is empty now, so it is taken once.
            Some(Ended::Received) => Some(unsafe { (*self.value.get()).assume_init_read() }),
            Some(Ended::Closed) => None,
            other => panic!("a receive case ended with {other:?}"),
        })
    }
}

/// The slot of a `send` case.
#[derive(Debug)]
pub struct SendSlot<'a, C: Sends> {
    channel: Option<NonNull<Core>>,
    /// Written by the select, taken by [`promise`](Self::promise).
    ended: Cell<Option<Ended>>,
    _face: PhantomData<&'a C>,
}

impl<'a, C: Sends> SendSlot<'a, C> {
    fn new(face: &'a C) -> Self {
        SendSlot {
            channel: face.__channel().0,
            ended: Cell::new(None),
            _face: PhantomData,
        }
    }

    /// The case for this slot.
    pub fn case(&self) -> Case<'_> {
        // SAFETY: 1. the face, borrowed for 'a, keeps the channel.
        unsafe { Case::send(self.channel) }.reporting_to(&self.ended)
    }

    /// Whether this case was chosen.
    pub fn won(&self) -> bool {
        self.ended.get().is_some()
    }

    /// What the case has got, to be used up with the value.
    ///
    /// # Panics
    /// If this case was not chosen.
    pub fn promise(&self) -> SlotPromise<'a, C> {
        match (self.ended.take(), self.channel) {
            (Some(Ended::Granted(grant)), Some(channel)) => SlotPromise {
                // SAFETY: 1. the select got it from this channel, and `ended` is empty now.
                // 2. the face, borrowed for 'a, keeps the channel.
                promise: unsafe { Promise::new(channel, grant) },
                _face: PhantomData,
            },
            (other, _) => panic!("a send case ended with {other:?}"),
        }
    }
}

/// A chosen `send` case whose value is being made. Dropped without one, it gives back what it got.
#[derive(Debug)]
pub struct SlotPromise<'a, C: Sends> {
    promise: Promise<'a>,
    _face: PhantomData<&'a C>,
}

impl<C: Sends> SlotPromise<'_, C> {
    /// Sends, and returns what the send returns.
    #[track_caller]
    pub fn keep(self, value: C::Item) -> C::Sent {
        // SAFETY: 1. the promise is of a channel of `C`'s items.
        C::__sent(unsafe { keep(self.promise, value) })
    }
}

/// Keeps a promise with `value`; gives it back if the channel is closed.
///
/// # Safety
/// 1. The channel is of type `T`.
pub(super) unsafe fn keep<T>(promise: Promise<'_>, value: T) -> Option<T> {
    let value = ManuallyDrop::new(value);
    let address = (&raw const value).cast::<u8>();
    // SAFETY: 1. a `T`, on a channel of `T` (duty 1); it is taken back below unless moved from.
    // 2. likewise.
    let kept = unsafe { promise.keep(Typed::<T>::NEW, address) };
    (!kept).then(|| ManuallyDrop::into_inner(value))
}

/// How long a `select!` waits.
#[derive(Clone, Copy, Debug)]
pub struct Wait(Nanos);

impl Wait {
    /// As long as it takes.
    pub const FOREVER: Wait = Wait(NEVER);
    /// Not at all.
    pub const NOT: Wait = Wait(NOW);

    /// So long at most.
    pub fn at_most(d: Duration) -> Wait {
        Wait(Until::after(d).deadline())
    }
}

/// Runs a select; the slot of the chosen case knows that it won.
pub fn select<const N: usize>(cases: &[Case<'_>; N], wait: Wait) {
    let mut room = Room::<N>::new();
    if let Some((i, ended)) = run(cases, room.scratch(N), wait.0)
        && let Some(report) = cases[i].report
    {
        report.set(Some(ended));
    }
}

impl<T> Chan<T> {
    #[doc(hidden)]
    pub fn __recv_slot(&self) -> RecvSlot<'_, Chan<T>> {
        RecvSlot::new(self)
    }

    #[doc(hidden)]
    pub fn __send_slot(&self) -> SendSlot<'_, Chan<T>> {
        SendSlot::new(self)
    }
}

impl<T> Receiver<T> {
    #[doc(hidden)]
    pub fn __recv_slot(&self) -> RecvSlot<'_, Receiver<T>> {
        RecvSlot::new(self)
    }
}

impl<T> Sender<T> {
    #[doc(hidden)]
    pub fn __send_slot(&self) -> SendSlot<'_, Sender<T>> {
        SendSlot::new(self)
    }
}
