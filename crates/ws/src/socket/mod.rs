//! Sockets in blocking style.

mod opening;
mod outbox;
mod reader;

pub use opening::{AcceptError, ConnectError};
pub use reader::Reader;

use std::io::{Read, Write};

use crate::close::Close;
use crate::decoder::Event;
use crate::deflate::Params;
use crate::encoder::Encoder;
use crate::error::{Error, ProtocolError};
use crate::frame::{Kind, Role};
use crate::limits::Limits;
use crate::prepared::Prepared;
use outbox::Outbox;

/// A WebSocket over a socket, in both directions.
///
/// [`read`](WebSocket::read) answers pings and close frames by itself. What is written goes out at
/// once, in one write where it can.
///
/// # Errors
/// Socket errors of kind `WouldBlock`, `TimedOut` and `Interrupted` break nothing. Reading: read again.
/// Writing: the frame is kept and comes first at the next write or [`flush`](WebSocket::flush), so do
/// not send it again.
///
/// ```
/// use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits};
/// use gompa_ws::{Event, Kind, Limits, WebSocket};
/// use std::{net, thread};
///
/// let listener = net::TcpListener::bind("127.0.0.1:0")?;
/// let address = listener.local_addr()?;
/// let server = thread::spawn(move || {
///     let (stream, _) = listener.accept().unwrap();
///     let mut socket =
///         WebSocket::accept(stream, HeadLimits::DEFAULT, Limits::DEFAULT, |upgrade| {
///             Ok(upgrade.accept(&Answer::default()))
///         })
///         .unwrap();
///     let Ok(Event::Text(text)) = socket.read() else { panic!() };
///     let answer = text.to_uppercase();
///     socket.send(Kind::Text, answer.as_bytes()).unwrap();
///     assert!(matches!(socket.read(), Ok(Event::Close(None))));
/// });
///
/// let stream = net::TcpStream::connect(address)?;
/// let request = ClientRequest::new(&address.to_string(), "/chat");
/// let (mut socket, _) =
///     WebSocket::connect(stream, &request, HeadLimits::DEFAULT, Limits::DEFAULT)?;
/// socket.send(Kind::Text, b"hello")?;
/// assert_eq!(socket.read()?, Event::Text("HELLO"));
/// socket.close(None)?;
/// assert_eq!(socket.read()?, Event::Close(None));
/// server.join().unwrap();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WebSocket<S> {
    stream: S,
    reader: Reader,
    encoder: Encoder,
    outbox: Outbox,
    /// A close frame has been sent, or is on its way.
    closing: bool,
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
        WebSocket {
            stream,
            reader: Reader::new(role, limits, deflate, rest),
            encoder: Encoder::new(role, deflate),
            outbox: Outbox::default(),
            closing: false,
        }
    }

    /// Waits for the next event. A ping has been answered when it is returned, and so has a close frame.
    /// When the peer breaks the protocol it is told by a close frame; then drop the socket, better after
    /// [`drain`](WebSocket::drain).
    ///
    /// # Errors
    /// See [`Error`]. If the socket fails while answering, that comes out at the next write.
    pub fn read(&mut self) -> Result<Event<'_>, Error> {
        let WebSocket {
            stream,
            reader,
            encoder,
            outbox,
            closing,
        } = self;
        let event = reader.read(stream);
        // What fails here fails again at the next write, where somebody looks.
        match &event {
            Ok(Event::Ping(payload)) if !*closing => {
                let _ = outbox.send_pong(stream, |out| encoder.pong(payload, out));
            }
            Ok(Event::Close(close)) if !*closing => {
                *closing = true;
                let answer = close.map(|close| Close {
                    reason: "",
                    ..close
                });
                let _ = outbox.send(stream, |out| encoder.close(answer, out));
            }
            Err(Error::Protocol(error)) if !*closing => {
                *closing = true;
                let _ = outbox.send(stream, |out| encoder.close(Some(told(error)), out));
            }
            _ => {}
        }
        event
    }

    /// Sends a whole message in one frame.
    ///
    /// # Errors
    /// See [`WebSocket`]; [`Error::Closed`] after a close frame has been sent.
    ///
    /// # Panics
    /// If a message is being sent in pieces.
    pub fn send(&mut self, kind: Kind, payload: &[u8]) -> Result<(), Error> {
        self.check_open()?;
        if payload.len() >= outbox::BIG
            && let Some(header) = self.encoder.bare_header(kind, payload)
        {
            return self.outbox.send_big(&mut self.stream, header, payload);
        }
        let encoder = &mut self.encoder;
        self.outbox.send(&mut self.stream, |out| {
            encoder.message(kind, payload, out);
        })
    }

    /// Sends a piece of a message, `fin` with the last.
    ///
    /// # Errors
    /// As [`send`](WebSocket::send).
    ///
    /// # Panics
    /// See [`Encoder::fragment`].
    pub fn send_fragment(&mut self, kind: Kind, payload: &[u8], fin: bool) -> Result<(), Error> {
        self.check_open()?;
        let encoder = &mut self.encoder;
        self.outbox.send(&mut self.stream, |out| {
            encoder.fragment(kind, payload, fin, out);
        })
    }

    /// Sends a prepared message, as it lies in memory.
    ///
    /// # Errors
    /// As [`send`](WebSocket::send).
    ///
    /// # Panics
    /// On a client's side, and if a message is being sent in pieces.
    pub fn send_prepared(&mut self, message: &Prepared) -> Result<(), Error> {
        self.check_open()?;
        let frame = self.encoder.prepared(message);
        self.outbox.send_bytes(&mut self.stream, frame.bytes())
    }

    /// Sends a ping. Payloads are cut at 125 bytes.
    ///
    /// # Errors
    /// As [`send`](WebSocket::send).
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.check_open()?;
        let encoder = &mut self.encoder;
        self.outbox
            .send(&mut self.stream, |out| encoder.ping(payload, out))
    }

    /// Sends a pong that nobody asked for: a sign of life. Payloads are cut at 125 bytes.
    ///
    /// # Errors
    /// As [`send`](WebSocket::send).
    pub fn pong(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.check_open()?;
        let encoder = &mut self.encoder;
        self.outbox
            .send(&mut self.stream, |out| encoder.pong(payload, out))
    }

    /// Sends a close frame. Then read on, until [`Event::Close`] or an error.
    ///
    /// # Errors
    /// As [`send`](WebSocket::send).
    pub fn close(&mut self, close: Option<Close<'_>>) -> Result<(), Error> {
        self.check_open()?;
        self.closing = true;
        let encoder = &mut self.encoder;
        self.outbox
            .send(&mut self.stream, |out| encoder.close(close, out))
    }

    /// Goes on with a write that did not end.
    ///
    /// # Errors
    /// See [`WebSocket`].
    pub fn flush(&mut self) -> Result<(), Error> {
        self.outbox.send(&mut self.stream, |_| {})
    }

    /// Reads and forgets until the peer has ended its side, or `limit` bytes have come: a socket closed
    /// with unread bytes sends a reset, which may overtake the close frame. Set a read timeout before.
    ///
    /// # Errors
    /// What the socket says.
    pub fn drain(&mut self, limit: usize) -> Result<(), Error> {
        let mut scrap = [0; 512];
        let mut seen = 0;
        while seen < limit {
            match self.stream.read(&mut scrap)? {
                0 => break,
                n => seen += n,
            }
        }
        Ok(())
    }

    /// Whether the peer has sent a part of a message or frame and owes the rest.
    pub fn is_midway(&self) -> bool {
        self.reader.is_midway()
    }

    /// The socket.
    pub fn stream(&self) -> &S {
        &self.stream
    }

    /// The socket; what is written to it goes between frames.
    pub fn stream_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The socket. What has been read and not taken is lost.
    pub fn into_inner(self) -> S {
        self.stream
    }

    fn check_open(&self) -> Result<(), Error> {
        match self.closing {
            true => Err(Error::Closed),
            false => Ok(()),
        }
    }
}

/// What a peer is told that broke the protocol.
fn told(error: &ProtocolError) -> Close<'static> {
    let reason = match error {
        ProtocolError::NotUtf8 => "not UTF-8",
        ProtocolError::BadDeflate => "does not inflate",
        ProtocolError::FrameTooBig { .. } => "frame too big",
        ProtocolError::MessageTooBig { .. } => "message too big",
        ProtocolError::TooManyFragments { .. } => "too many fragments",
        _ => "protocol error",
    };
    Close {
        code: error.close_code(),
        reason,
    }
}
