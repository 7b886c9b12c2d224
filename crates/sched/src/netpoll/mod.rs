//! Waiting for sockets without keeping a thread.
//!
//! A goroutine tries its operation first. Only if the socket would block does it wait here: it
//! parks, and whoever polls the one [`Poller`] of the process wakes it. The scheduler polls when it
//! looks for work, the monitor when nobody else has for a while. Code on a plain thread waits here
//! too; it asks the system itself, so sockets work where no scheduler runs.
//!
//! The protocol between the operation, the poller, deadlines and the end is in `README.md` beside
//! this file.
//!
//! # Rooms
//! - [`Source`]: a socket one can wait for.
//! - [`Poller`]: which sockets are ready.
//! - `side`: one direction of a socket: events, deadline, waiters. The protocol itself.
//! - `waiters`: the list of those who wait, one word.
//! - `sleepers`, `doorbell`: how a goroutine sleeps meanwhile, and how a plain thread does.
//! - `descriptor`: the table of sockets.
//!
//! # What is absent
//! - Nothing of the scheduler: it is written over `gompa-park` alone.
//! - No allocation after a socket is made, no lock on the way of an operation.

mod descriptor;
mod doorbell;
mod poller;
mod side;
mod sleepers;
mod source;
mod waiters;

#[cfg(all(test, loom))]
mod model;

pub use poller::Poller;
pub use side::Ticket;
pub use source::Source;

use std::io;

/// A direction of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Interest {
    /// Reading, receiving, accepting.
    Read,
    /// Writing, sending, connecting.
    Write,
}

/// The source was closed by one of its users, before the operation or during it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use of closed network connection")]
pub struct Closed;

impl From<Closed> for io::Error {
    fn from(closed: Closed) -> io::Error {
        io::Error::new(io::ErrorKind::NotConnected, closed)
    }
}
