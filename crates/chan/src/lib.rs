//! Go's channels and select, for goroutines and plain threads.
//!
//! A channel carries values from senders to receivers, in order, each to exactly one. Whoever must
//! wait waits through [`gompa_park`]: a goroutine parks, a plain thread sleeps, and each can wake the
//! other. No scheduler is needed; this crate works on threads alone.
//!
//! # Two faces of one channel
//! [`Chan`] is Go's: one reference type, closed by hand, perhaps nil, and misuse panics with Go's
//! words. [`Sender`] and [`Receiver`] are Rust's: the last of either side closes the channel by
//! going, and errors give the value back.
//!
//! ```
//! use gompa_chan as chan;
//! use std::thread;
//!
//! // Go's face.
//! let squares = chan::make(0);
//! let results = squares.clone();
//! thread::spawn(move || {
//!     (1..=3).for_each(|n| results.send(n * n));
//!     results.close();
//! });
//! assert_eq!(squares.iter().collect::<Vec<u32>>(), [1, 4, 9]);
//!
//! // Rust's face.
//! let (tx, rx) = chan::channel(16);
//! thread::spawn(move || (1..=3).try_for_each(|n| tx.send(n * n)));
//! assert_eq!(rx.into_iter().sum::<u32>(), 14);
//! ```
//!
//! [`select!`] waits at several channels and does one thing; [`Select`] does so for cases that are
//! known only at run time. Both take any mix of faces.
//!
//! ```
//! use gompa_chan::{self as chan, select};
//! use std::time::Duration;
//!
//! let (work, quit) = (chan::make::<u32>(8), chan::make::<()>(0));
//! let (tx, rx) = chan::channel(1);
//! work.send(20);
//! loop {
//!     select! {
//!         recv(work) -> n => {
//!             tx.send(n.unwrap() + 1).unwrap();
//!             quit.close();
//!         }
//!         recv(quit) => break,
//!         default(Duration::from_secs(5)) => panic!("too slow"),
//!     }
//! }
//! assert_eq!(rx.recv(), Ok(21));
//! ```
//!
//! [`time`] has timers whose channels can stand in a select.
//!
//! # What an operation does
//! | channel | send | receive | close |
//! |---|---|---|---|
//! | nil | waits for ever | waits for ever | panics `close of nil channel` |
//! | open, nobody waits, room in it | puts the value in | takes the oldest value, or waits if there is none | closes |
//! | open, full | waits | takes the oldest value; the first waiting sender's value moves in | closes; waiting senders panic (or get their value back) |
//! | open, a receiver waits | hands it the value | waits behind it | closes; receivers get `None` (or `Err`) |
//! | closed | panics `send on closed channel` (or `Err` with the value) | what is left in it, then `None` (or `Err`) | panics `close of closed channel` |
//!
//! What the first senders and receivers wait for, they get first. A receiver that comes later cannot
//! take a value that has been handed over. The order in which those run whom a `close` wakes is not
//! promised.
//!
//! The `try_` forms do what can be done at once. The `_timeout` and `_deadline` forms give up when
//! the time is over: then nothing has happened, and the value comes back. Such a wait also ends when
//! a context in whose reach it is has ended ([`gompa_park::cut`]), as if the time were over.
//!
//! What happened before a send is seen after the receive of its value; before a `close`, after a
//! receive that returns because of it; before a receive from an unbuffered channel, after the send
//! returns; and before the k-th receive from a channel of capacity C, after the (k+C)-th send.
//!
//! # Panics and drops
//! Each value is dropped exactly once, by whoever has it: a channel drops what is left in it with its
//! last reference, or when nobody is left to receive. No lock is held while foreign code runs, so a
//! destructor may use the channel, and one that panics does not harm it.
//!
//! # Limits
//! - A channel has room for at most `isize::MAX` values and bytes; more, or more than there is memory
//!   for, panics `makechan: size out of range`. Values without size need no room.
//! - A select has at most 65536 cases, a `select!` 40 (the compiler's `recursion_limit` of 128;
//!   raise it for more).
//! - The value of a `send` case of a select is made when the case is chosen. Whoever receives it waits
//!   for that, also with `try_recv`; and the expression should not use the same channel.
//! - A channel needs 256 bytes besides its values.
//!
//! # Rooms
//! `chan`, `sides`, `iter`, [`error`]: the faces. `hchan`: the channel. `select`. `timed`: the seam
//! for timers' channels; [`time`]: timers. The protocols between the parties are told in
//! `src/README.md`.

pub mod error;
pub mod time;

mod chan;
mod hchan;
mod iter;
mod select;
mod sides;
mod timed;

pub use chan::{Chan, Wakes, make};
pub use error::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};
pub use iter::{IntoIter, Iter, TryIter};
pub use select::{Receives, Select, SelectTimeoutError, SelectedOperation, Sends, TrySelectError};
pub use sides::{Receiver, Sender, channel};

/// For who searches the memory of a stopped process (leaks): what a wait is for.
#[doc(hidden)]
pub mod __insight {
    pub use crate::hchan::memory_of;
    pub use crate::select::channels_of;
}

/// What the macros' expansions name. Not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use crate::select::slots::{RecvSlot, SendSlot, SlotPromise, Wait, select};
}
