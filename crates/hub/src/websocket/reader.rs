//! The goroutine that reads one client, and what is done with each message.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gompa_ws::{CloseCode, Error, Event, Frame, Kind, Opcode, Reader};

use super::session::{Session, close_frame};
use crate::access::Rate;
use crate::rt::time;
use crate::stats::Counters;
use crate::stream::Stream;

/// Who gets what a client says.
pub trait Audience {
    /// Passes a message on. May wait.
    fn hear(&mut self, kind: Kind, payload: &[u8]);
}

/// Reads messages until the connection is to end, and has the close frame sent if there is one to
/// send.
///
/// An idle goroutine waits here, in frames so small that they share a page with its thread-locals;
/// what is done with an event has its own, below.
pub fn read(session: &Arc<Session>, reader: &mut Reader, audience: &mut impl Audience) {
    let mut rate = Rate::new(Instant::now());
    loop {
        session.wait_calm();
        if session.stream.waits_apart() && reader.rest() {
            if let Err(error) = session.stream.wait_readable() {
                return fail(session, &Error::Io(error));
            }
            reader.ready();
        }
        if !next(session, reader, &mut rate, audience) {
            return;
        }
    }
}

/// Reads one event and acts on it; false if it is the last.
#[inline(never)]
fn next(
    session: &Arc<Session>,
    reader: &mut Reader,
    rate: &mut Rate,
    audience: &mut impl Audience,
) -> bool {
    let mut wire = Wire {
        session,
        begun: reader.is_midway(),
    };
    let event = reader.read(&mut wire);
    if wire.begun {
        session.set_midway(false);
    }
    match event {
        Ok(Event::Text(text)) => take(session, rate, audience, Kind::Text, text.as_bytes()),
        Ok(Event::Binary(data)) => take(session, rate, audience, Kind::Binary, data),
        Ok(Event::Ping(data)) => {
            session.push(&[Frame::new(Opcode::Pong, data)]);
        }
        Ok(Event::Pong(_)) => {}
        Ok(Event::Close(close)) => {
            let code = close.map(|close| close.code);
            session.close_with(match code {
                Some(code) => close_frame(code, ""),
                None => Frame::close(None),
            });
            return false;
        }
        Err(Error::Io(e)) if e.kind() == ErrorKind::Interrupted => {}
        Err(error) => {
            fail(session, &error);
            return false;
        }
    }
    true
}

#[inline(never)]
fn take(
    session: &Arc<Session>,
    rate: &mut Rate,
    audience: &mut impl Audience,
    kind: Kind,
    payload: &[u8],
) {
    let common = &session.common;
    session.said();
    if !session.is_open() {
        return;
    }
    Counters::add(&common.counters.messages_in, 1);
    Counters::add(&common.counters.bytes_in, payload.len() as u64);
    session.set_deaf(true);
    audience.hear(kind, payload);
    session.set_deaf(false);
    let config = &common.config;
    if config.max_rate != 0
        && let Some(wait) = rate.take(Instant::now(), config.max_rate, config.burst)
    {
        // Not read from meanwhile: the client's own kernel makes it wait.
        Counters::add(&common.counters.slowed, 1);
        time::sleep(wait);
        session.heard();
    }
}

/// The client has done wrong, or has gone.
#[inline(never)]
fn fail(session: &Arc<Session>, error: &Error) {
    match error.close_code() {
        Some(code) => {
            Counters::add(&session.common.counters.bad_frames, 1);
            let reason = match code {
                CloseCode::TOO_BIG => "message too big",
                CloseCode::INVALID_DATA => "not what it says it is",
                CloseCode::POLICY => "too many fragments",
                _ => "protocol error",
            };
            session.close(code, reason);
        }
        None => session.abort(),
    }
}

/// Reads and forgets until the client has closed its side, but not for long.
///
/// A socket closed with unread bytes sends a reset, which may overtake what was written last.
#[inline(never)]
pub fn linger(stream: &Stream, timeout: Duration) {
    stream.set_read_deadline(Some(Instant::now() + timeout));
    let mut scrap = [0; 1024];
    loop {
        match stream.read(&mut scrap) {
            Ok(n) if n > 0 => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// The socket, and notes of when something came and whether it was all of a message: the keeper drops
/// clients that do not go on.
struct Wire<'a> {
    session: &'a Session,
    /// What has come since the last message is not one yet.
    begun: bool,
}

impl Read for Wire<'_> {
    #[inline]
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.begun {
            self.session.set_midway(true);
        }
        let n = self.session.stream.read(buf)?;
        if n > 0 {
            self.session.heard();
            self.begun = true;
        }
        Ok(n)
    }
}
