//! Sockets in blocking style.

use std::io::{Read, Write};

use crate::close::Close;
use crate::decoder::Event;
use crate::deflate::Params;
use crate::error::Error;
use crate::frame::{Kind, Role};
use crate::limits::Limits;
use crate::prepared::{Frame, Prepared};

/// Reads events from a socket that somebody else has (and perhaps writes to). Holds a buffer only
/// while there is something in it.
#[derive(Debug)]
pub struct Reader {
    _todo: (),
}

impl Reader {
    /// For `role`'s side of a connection. `rest` has come behind the handshake.
    pub fn new(role: Role, limits: Limits, deflate: Option<&Params>, rest: &[u8]) -> Reader {
        let _ = (role, limits, deflate, rest);
        todo!()
    }

    /// Waits for the next event. Nothing is answered: not pings, not the close frame.
    ///
    /// While it waits it holds no buffer, but half a KiB on the stack; if that is filled, or a message
    /// has begun, one of 16 KiB until nothing is left.
    ///
    /// # Errors
    /// See [`Error`]. After `WouldBlock`, `TimedOut` or `Interrupted`, read again.
    pub fn read<S: Read>(&mut self, from: &mut S) -> Result<Event<'_>, Error> {
        let _ = from;
        todo!()
    }

    /// Whether the peer has sent a part of a message or frame and owes the rest.
    pub fn is_midway(&self) -> bool {
        todo!()
    }
}

/// A WebSocket over a socket, in both directions.
///
/// [`read`](WebSocket::read) answers pings and close frames by itself.
#[derive(Debug)]
pub struct WebSocket<S> {
    stream: S,
}

impl<S: Read + Write> WebSocket<S> {
    /// After the handshake. `rest` has come behind it.
    pub fn new(
        stream: S,
        role: Role,
        limits: Limits,
        deflate: Option<&Params>,
        rest: &[u8],
    ) -> WebSocket<S> {
        let _ = (role, limits, deflate, rest);
        WebSocket { stream }
    }

    /// Waits for the next event. Pings have been answered when they are returned, and so has a close
    /// frame; errors of the peer have been told to it by a close frame.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn read(&mut self) -> Result<Event<'_>, Error> {
        let _ = &self.stream;
        todo!()
    }

    /// Sends a whole message, in one frame and, if the socket takes it, one write.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Error> {
        let _ = (kind, payload);
        todo!()
    }

    /// Sends a prepared message.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        let _: Option<Frame> = None;
        let _ = message;
        todo!()
    }

    /// Sends a ping.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        let _ = payload;
        todo!()
    }

    /// Sends a close frame. Then read on, until [`Event::Close`] or an error.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn close(&mut self, close: Option<Close<'_>>) -> Result<(), Error> {
        let _ = close;
        todo!()
    }

    /// The socket.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// The socket; what is written to it goes between frames.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }
}
