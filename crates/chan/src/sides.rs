//! Rust's face of a channel: a sending and a receiving type, which close it by going.

use crate::chan::Chan;
use crate::error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
use crate::hchan::handle::Ref;
use crate::hchan::typed::{self, Nilable, NotReceived, NotSent, Until};
use crate::hchan::wait::NOW;
use crate::iter::{IntoIter, Iter, TryIter};
use gompa_park::sync::atomic::Ordering::{AcqRel, Relaxed};
use gompa_park::time::NEVER;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

/// The sending end of a channel; clone it for more senders.
///
/// When the last `Sender` of a [`channel`] goes, the channel closes: receivers get what is left in
/// it, then errors. A sender of a [`Chan`] closes nothing.
pub struct Sender<T>(pub(crate) Nilable<T>);

/// The receiving end of a channel; clone it for more receivers. Each value goes to one of them.
///
/// When the last `Receiver` of a [`channel`] goes, the channel closes: what is left in it is
/// dropped, and senders get errors. A receiver of a [`Chan`] closes nothing.
pub struct Receiver<T>(pub(crate) Nilable<T>);

/// Makes a channel with room for `cap` values; with 0 a sender and a receiver meet.
///
/// ```
/// let (tx, rx) = gompa_chan::channel(1);
/// let sender = std::thread::spawn(move || (0..3).try_for_each(|n| tx.send(n)));
/// assert_eq!(rx.iter().collect::<Vec<_>>(), [0, 1, 2]); // ends, as `tx` has gone
/// sender.join().unwrap().unwrap();
/// ```
///
/// # Panics
/// "makechan: size out of range", if there is no memory for so many values.
#[track_caller]
pub fn channel<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    match Ref::with_sides(cap) {
        Ok(channel) => (Sender(Some(channel.clone())), Receiver(Some(channel))),
        Err(_) => panic!("makechan: size out of range"),
    }
}

impl<T> Sender<T> {
    /// Sends, waiting as long as it takes.
    #[inline]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        typed::send(&self.0, value, NEVER).map_err(Into::into)
    }

    /// Sends if that is possible at once.
    #[inline]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        typed::send(&self.0, value, NOW).map_err(Into::into)
    }

    /// Sends, waiting for `timeout` at most.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        typed::send_until(&self.0, value, Until::after(timeout)).map_err(Into::into)
    }

    /// Sends, waiting until `deadline` at most.
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        typed::send_until(&self.0, value, Until::at(deadline)).map_err(Into::into)
    }
}

impl<T> Receiver<T> {
    /// Receives, waiting as long as it takes.
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        typed::recv(&self.0, NEVER).map_err(Into::into)
    }

    /// Receives if that is possible at once.
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        typed::recv(&self.0, NOW).map_err(Into::into)
    }

    /// Receives, waiting for `timeout` at most.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        typed::recv_until(&self.0, Until::after(timeout)).map_err(Into::into)
    }

    /// Receives, waiting until `deadline` at most.
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        typed::recv_until(&self.0, Until::at(deadline)).map_err(Into::into)
    }

    /// The values as they come, until the channel is closed and drained.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(&self.0)
    }

    /// The values that are there, until receiving would have to wait.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(&self.0)
    }
}

/// What both ends can tell of their channel.
macro_rules! both {
    ($face:ident, $name:literal) => {
        impl<T> $face<T> {
            /// Whether this is an end of no channel, as one of a nil [`Chan`] is.
            pub fn is_nil(&self) -> bool {
                self.0.is_none()
            }

            /// The number of values that wait in the channel.
            pub fn len(&self) -> usize {
                self.0.as_ref().map_or(0, |c| c.len())
            }

            /// Whether no value waits in the channel.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// The number of values the channel has room for.
            pub fn cap(&self) -> usize {
                self.0.as_ref().map_or(0, |c| c.cap())
            }

            /// Whether the channel is closed, by hand or because one side has gone.
            pub fn is_closed(&self) -> bool {
                self.0.as_ref().is_some_and(|c| c.is_closed())
            }

            /// Whether both are ends of the same channel (or of nil).
            pub fn same_channel(&self, other: &Self) -> bool {
                self.0.as_ref().map(Ref::as_ptr) == other.0.as_ref().map(Ref::as_ptr)
            }
        }

        impl<T> fmt::Debug for $face<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                debug($name, &self.0, f)
            }
        }

        impl<T> UnwindSafe for $face<T> {}
        impl<T> RefUnwindSafe for $face<T> {}
    };
}

both!(Sender, "Sender");
both!(Receiver, "Receiver");

/// What a face prints of its channel.
pub(crate) fn debug<T>(
    name: &str,
    channel: &Nilable<T>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    match channel {
        None => write!(f, "{name}(nil)"),
        Some(c) => c.debug(name, f),
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        if let Some(sides) = self.0.as_ref().and_then(|c| c.seldom.sides.as_ref()) {
            sides.senders.fetch_add(1, Relaxed);
        }
        Sender(self.0.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if let Some(channel) = &self.0
            && let Some(sides) = &channel.seldom.sides
            && sides.senders.fetch_sub(1, AcqRel) == 1
        {
            channel.close();
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        if let Some(sides) = self.0.as_ref().and_then(|c| c.seldom.sides.as_ref()) {
            sides.receivers.fetch_add(1, Relaxed);
        }
        Receiver(self.0.clone())
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        if let Some(channel) = &self.0
            && let Some(sides) = &channel.seldom.sides
            && sides.receivers.fetch_sub(1, AcqRel) == 1
        {
            channel.close();
            // Nobody can receive these any more, but senders might keep them alive for long; and a
            // value that holds a sender of this channel would keep it for ever.
            channel.discard();
        }
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter::new(self)
    }
}

impl<T> From<Chan<T>> for Sender<T> {
    fn from(chan: Chan<T>) -> Self {
        Sender(chan.0)
    }
}

impl<T> From<Chan<T>> for Receiver<T> {
    fn from(chan: Chan<T>) -> Self {
        Receiver(chan.0)
    }
}

impl<T> From<NotSent<T>> for SendError<T> {
    fn from(not: NotSent<T>) -> Self {
        match not {
            NotSent::Closed(value) => SendError(value),
            NotSent::TimedOut(_) => unreachable!("an endless wait has ended"),
        }
    }
}

impl<T> From<NotSent<T>> for TrySendError<T> {
    fn from(not: NotSent<T>) -> Self {
        match not {
            NotSent::Closed(value) => TrySendError::Closed(value),
            NotSent::TimedOut(value) => TrySendError::Full(value),
        }
    }
}

impl<T> From<NotSent<T>> for SendTimeoutError<T> {
    fn from(not: NotSent<T>) -> Self {
        match not {
            NotSent::Closed(value) => SendTimeoutError::Closed(value),
            NotSent::TimedOut(value) => SendTimeoutError::Timeout(value),
        }
    }
}

impl From<NotReceived> for RecvError {
    fn from(_: NotReceived) -> Self {
        RecvError
    }
}

impl From<NotReceived> for TryRecvError {
    fn from(not: NotReceived) -> Self {
        match not {
            NotReceived::Closed => TryRecvError::Closed,
            NotReceived::TimedOut => TryRecvError::Empty,
        }
    }
}

impl From<NotReceived> for RecvTimeoutError {
    fn from(not: NotReceived) -> Self {
        match not {
            NotReceived::Closed => RecvTimeoutError::Closed,
            NotReceived::TimedOut => RecvTimeoutError::Timeout,
        }
    }
}
