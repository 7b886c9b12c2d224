//! The goroutine that reads one client: the protocol's state, and what is done with each message.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tungstenite::Message;
use tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};

use super::close::{Code, Failure};
use super::frame::{Frame, Opcode};
use super::session::Session;
use crate::rt::net::TcpStream;
use crate::stats::Counters;

/// Bytes asked of the socket at a time; each connection has a buffer of this size.
const READ_BUFFER: usize = 4 << 10;

/// Who gets what a client says.
pub trait Audience {
    /// Passes a message on. May wait.
    fn hear(&self, message: Frame);
}

/// Reads messages until the connection is to end, and has the close frame sent if there is one to
/// send. `rest` has come behind the handshake.
pub fn read(session: &Arc<Session>, rest: Vec<u8>, max_message: usize, audience: &impl Audience) {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .max_message_size(Some(max_message))
        .max_frame_size(Some(max_message));
    let mut context = WebSocketContext::from_partially_read(rest, Role::Server, Some(config));
    let mut wire = Wire {
        stream: &session.stream,
        heard: false,
    };
    let mut pinged = false;
    loop {
        session.wait_calm();
        let result = context.read(&mut wire);
        pinged &= !std::mem::take(&mut wire.heard);
        match result {
            Ok(Message::Text(text)) => say(session, audience, Opcode::Text, text.as_bytes()),
            Ok(Message::Binary(data)) => say(session, audience, Opcode::Binary, &data),
            Ok(Message::Ping(data)) => {
                session.push(&[Frame::new(Opcode::Pong, &data)]);
            }
            Ok(Message::Pong(_) | Message::Frame(_)) => {}
            Ok(Message::Close(frame)) => {
                return session.close(frame.map(|f| Code(f.code.into())), "");
            }
            Err(error) => match Failure::of(&error) {
                // The client has had its time to answer the close frame.
                Failure::Silence if !session.is_open() => return session.abort(),
                Failure::Silence if !pinged => {
                    session.push(&[Frame::new(Opcode::Ping, b"")]);
                    pinged = true;
                }
                Failure::Silence => {
                    Counters::add(&session.counters.timeouts, 1);
                    return session.abort();
                }
                Failure::Client(code, reason) => {
                    Counters::add(&session.counters.bad_frames, 1);
                    return session.close(Some(code), reason);
                }
                Failure::Gone => return session.abort(),
            },
        }
    }
}

fn say(session: &Session, audience: &impl Audience, opcode: Opcode, payload: &[u8]) {
    if session.is_open() {
        Counters::add(&session.counters.messages_in, 1);
        Counters::add(&session.counters.bytes_in, payload.len() as u64);
        audience.hear(Frame::new(opcode, payload));
    }
}

/// Reads and forgets until the client has closed its side, but not for long.
///
/// A socket closed with unread bytes sends a reset, which may overtake what was written last.
pub fn linger(stream: &TcpStream, timeout: Duration) {
    stream.set_read_deadline(Some(Instant::now() + timeout));
    let mut scrap = [0; 1024];
    loop {
        match (&mut &*stream).read(&mut scrap) {
            Ok(n) if n > 0 => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// The socket as the protocol engine sees it: it may read, but what it would write (pongs, close
/// frames) goes nowhere, because here everything goes through the outbox.
struct Wire<'a> {
    stream: &'a TcpStream,
    /// Something has come since this was last cleared.
    heard: bool,
}

impl Read for Wire<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = (&mut &*self.stream).read(buf)?;
        self.heard |= n > 0;
        Ok(n)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
