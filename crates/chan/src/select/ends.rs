//! What may stand in a case: the faces of a channel, and references to them.

use crate::chan::{Chan, send_on_closed};
use crate::error::{RecvError, SendError};
use crate::hchan::Core;
use crate::hchan::handle::Ref;
use crate::hchan::typed::Nilable;
use crate::sides::{Receiver, Sender};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;

mod sealed {
    pub trait Sealed {
        /// The channel, or nil.
        #[doc(hidden)]
        fn __channel(&self) -> super::Channel;
    }
}

pub(crate) use sealed::Sealed;

/// A channel's address; only this crate can look inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel(pub(crate) Option<NonNull<Core>>);

impl Channel {
    fn of<T>(channel: &Nilable<T>) -> Channel {
        Channel(channel.as_ref().map(Ref::as_ptr))
    }
}

/// Something to receive from: [`Chan`], [`Receiver`], or a reference to one. (Sealed.)
pub trait Receives: Sealed {
    /// What comes through the channel.
    type Item;
    /// What its `recv` returns.
    type Received;

    /// Turns a value, or the news that the channel is closed and drained, into what `recv` returns.
    #[doc(hidden)]
    fn __received(value: Option<Self::Item>) -> Self::Received;
}

/// Something to send on: [`Chan`], [`Sender`], or a reference to one. (Sealed.)
pub trait Sends: Sealed {
    /// What goes through the channel.
    type Item;
    /// What its `send` returns.
    type Sent;

    /// Turns success, or the value and the news that the channel is closed, into what `send` does.
    #[doc(hidden)]
    fn __sent(refused: Option<Self::Item>) -> Self::Sent;
}

impl<T> Sealed for Chan<T> {
    fn __channel(&self) -> Channel {
        Channel::of(&self.0)
    }
}

impl<T> Receives for Chan<T> {
    type Item = T;
    type Received = Option<T>;

    fn __received(value: Option<T>) -> Option<T> {
        value
    }
}

impl<T> Sends for Chan<T> {
    type Item = T;
    type Sent = ();

    #[track_caller]
    fn __sent(refused: Option<T>) {
        if let Some(value) = refused {
            send_on_closed(value);
        }
    }
}

impl<T> Sealed for Receiver<T> {
    fn __channel(&self) -> Channel {
        Channel::of(&self.0)
    }
}

impl<T> Receives for Receiver<T> {
    type Item = T;
    type Received = Result<T, RecvError>;

    fn __received(value: Option<T>) -> Result<T, RecvError> {
        value.ok_or(RecvError)
    }
}

impl<T> Sealed for Sender<T> {
    fn __channel(&self) -> Channel {
        Channel::of(&self.0)
    }
}

impl<T> Sends for Sender<T> {
    type Item = T;
    type Sent = Result<(), SendError<T>>;

    fn __sent(refused: Option<T>) -> Result<(), SendError<T>> {
        refused.map_or(Ok(()), |value| Err(SendError(value)))
    }
}

macro_rules! through {
    ($($pointer:ty),*) => {$(
        impl<C: Sealed> Sealed for $pointer {
            fn __channel(&self) -> Channel {
                (**self).__channel()
            }
        }

        impl<C: Receives> Receives for $pointer {
            type Item = C::Item;
            type Received = C::Received;

            fn __received(value: Option<C::Item>) -> C::Received {
                C::__received(value)
            }
        }

        impl<C: Sends> Sends for $pointer {
            type Item = C::Item;
            type Sent = C::Sent;

            #[track_caller]
            fn __sent(refused: Option<C::Item>) -> C::Sent {
                C::__sent(refused)
            }
        }
    )*};
}

through!(&C, Box<C>, Rc<C>, Arc<C>);
