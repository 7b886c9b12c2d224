//! Go's channels and select, for goroutines and plain threads.

pub mod error;
pub mod time;

mod chan;
mod hchan;
mod iter;
mod select;
mod sides;
mod timed;

pub use chan::{Chan, make};
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use select::{Receives, Select, SelectTimeoutError, SelectedOperation, Sends, TrySelectError};
pub use sides::{Receiver, Sender, channel};

/// What the macros' expansions name. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::select::slots::{RecvSlot, SendSlot, SlotPromise, Wait, select};
}
