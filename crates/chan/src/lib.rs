//! Go's channels and select, for goroutines and plain threads.

#![allow(
    dead_code,
    reason = "select and timers, which use it, are on their way"
)]

pub mod error;
pub mod time;

mod chan;
mod hchan;
mod iter;
mod sides;
mod timed;

pub use chan::{Chan, make};
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use sides::{Receiver, Sender, channel};
