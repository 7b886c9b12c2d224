//! What can go wrong, as values. Errors of sending give the value back.

use std::fmt;
use thiserror::Error;

/// The channel is closed, or nobody is left to receive. Holds the value that was not sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Error)]
#[error("sending on a closed channel")]
pub struct SendError<T>(pub T);

/// A value was not sent at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum TrySendError<T> {
    /// Sending would have to wait.
    #[error("sending on a full channel")]
    Full(T),
    /// The channel is closed, or nobody is left to receive.
    #[error("sending on a closed channel")]
    Closed(T),
}

/// A value was not sent in time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum SendTimeoutError<T> {
    /// The time is over.
    #[error("timed out sending on a channel")]
    Timeout(T),
    /// The channel is closed, or nobody is left to receive.
    #[error("sending on a closed channel")]
    Closed(T),
}

/// The channel is closed (or nobody is left to send) and drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("receiving on a closed and drained channel")]
pub struct RecvError;

/// No value was received at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum TryRecvError {
    /// Receiving would have to wait.
    #[error("receiving on an empty channel")]
    Empty,
    /// The channel is closed (or nobody is left to send) and drained.
    #[error("receiving on a closed and drained channel")]
    Closed,
}

/// No value was received in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum RecvTimeoutError {
    /// The time is over.
    #[error("timed out receiving on a channel")]
    Timeout,
    /// The channel is closed (or nobody is left to send) and drained.
    #[error("receiving on a closed and drained channel")]
    Closed,
}

impl<T> SendError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            TrySendError::Full(value) | TrySendError::Closed(value) => value,
        }
    }

    /// Whether sending would have had to wait.
    pub fn is_full(&self) -> bool {
        matches!(self, TrySendError::Full(_))
    }

    /// Whether the channel is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, TrySendError::Closed(_))
    }
}

impl<T> SendTimeoutError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendTimeoutError::Timeout(value) | SendTimeoutError::Closed(value) => value,
        }
    }

    /// Whether the time was over.
    pub fn is_timeout(&self) -> bool {
        matches!(self, SendTimeoutError::Timeout(_))
    }

    /// Whether the channel is closed.
    pub fn is_closed(&self) -> bool {
        matches!(self, SendTimeoutError::Closed(_))
    }
}

// The values need not be printable, as with std's errors.

impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendTimeoutError::Timeout(_) => "Timeout(..)",
            SendTimeoutError::Closed(_) => "Closed(..)",
        })
    }
}
