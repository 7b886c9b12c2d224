//! What can go wrong, as values.

use gompa_park::cut::Why;
use std::fmt;
use std::io;
use std::sync::Arc;
use thiserror::Error;

/// Why a context is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Error {
    /// Somebody cancelled it, or a context above it.
    #[error("context canceled")]
    Canceled,
    /// Its deadline has passed, or that of a context above it.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
}

/// What somebody gave as the reason for cancelling.
pub type Cause = Arc<dyn std::error::Error + Send + Sync>;

impl Error {
    /// Whether it is for lack of time: Go's `Timeout()`.
    pub fn is_timeout(self) -> bool {
        self == Error::DeadlineExceeded
    }

    /// The error as its own cause. Allocates nothing.
    pub(crate) fn as_cause(self) -> Cause {
        // An Arc of a value of no size would do, but an enum has one; so each is made once.
        use std::sync::LazyLock;
        static CANCELED: LazyLock<Cause> = LazyLock::new(|| Arc::new(Error::Canceled));
        static EXCEEDED: LazyLock<Cause> = LazyLock::new(|| Arc::new(Error::DeadlineExceeded));
        match self {
            Error::Canceled => CANCELED.clone(),
            Error::DeadlineExceeded => EXCEEDED.clone(),
        }
    }
}

impl From<Why> for Error {
    fn from(why: Why) -> Self {
        match why {
            Why::Cancelled => Error::Canceled,
            Why::TimeOver => Error::DeadlineExceeded,
        }
    }
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        match error {
            Error::Canceled => Why::Cancelled,
            Error::DeadlineExceeded => Why::TimeOver,
        }
    }
}

/// `TimedOut` for a deadline, `Other` for a cancellation; the error is inside.
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error {
            // Not `Interrupted`: std's loops would try again.
            Error::Canceled => io::ErrorKind::Other,
            Error::DeadlineExceeded => io::ErrorKind::TimedOut,
        };
        io::Error::new(kind, error)
    }
}

/// No value was received under a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum RecvCtxError {
    /// The context is done. Nothing has been received.
    #[error("receiving: {0}")]
    Done(Error),
    /// The channel is closed (or nobody is left to send) and drained.
    #[error("receiving on a closed and drained channel")]
    Closed,
}

/// A value was not sent under a context. It is in here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum SendCtxError<T> {
    /// The context is done.
    #[error("sending: {1}")]
    Done(T, Error),
    /// The channel is closed, or nobody is left to receive.
    #[error("sending on a closed channel")]
    Closed(T),
}

impl<T> SendCtxError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            SendCtxError::Done(value, _) | SendCtxError::Closed(value) => value,
        }
    }
}

/// Without the value, which need not be printable.
impl<T> fmt::Debug for SendCtxError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendCtxError::Done(_, error) => write!(f, "Done(.., {error:?})"),
            SendCtxError::Closed(_) => f.write_str("Closed(..)"),
        }
    }
}
