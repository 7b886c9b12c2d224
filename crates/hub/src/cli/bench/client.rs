//! One connection: a handshake, then what comes.

use std::io::{self, ErrorKind, Read, Write};

use gompa_ws::deflate::Config;
use gompa_ws::handshake::{ClientRequest, HeadLimits};
use gompa_ws::{Decoder, Encoder, Event, Kind, Limits, Role};
use mio::net::TcpStream;

use super::target::Target;

/// See the [module](self).
pub struct Client {
    pub stream: TcpStream,
    state: State,
    /// What the socket has not taken yet.
    out: Vec<u8>,
    /// What has come and is not whole: of the handshake.
    head: Vec<u8>,
}

enum State {
    Connecting(Box<ClientRequest>),
    Open {
        decoder: Box<Decoder>,
        encoder: Encoder,
    },
}

/// What became of a connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Now {
    /// Not a WebSocket yet.
    Connecting,
    /// It has just become one.
    JustOpen,
    /// It is one.
    Open,
}

impl Client {
    pub fn new(stream: TcpStream, target: &Target, deflate: bool) -> Client {
        let mut request = ClientRequest::new(&target.host, &target.path);
        if deflate {
            request = request.deflate(Config::default());
        }
        Client {
            stream,
            out: request.encode(),
            state: State::Connecting(Box::new(request)),
            head: Vec::new(),
        }
    }

    /// Whether it is a WebSocket.
    pub fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// The socket can be written.
    pub fn writable(&mut self) -> io::Result<()> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error);
        }
        self.flush()
    }

    /// Says something.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        let State::Open { encoder, .. } = &mut self.state else {
            return Err(ErrorKind::NotConnected.into());
        };
        encoder.message(Kind::Text, text.as_bytes(), &mut self.out);
        self.flush()
    }

    /// Reads what there is; `got` hears each text.
    pub fn readable(&mut self, buffer: &mut [u8], mut got: impl FnMut(&str)) -> io::Result<Now> {
        let mut now = match self.state {
            State::Connecting(_) => Now::Connecting,
            State::Open { .. } => Now::Open,
        };
        loop {
            let n = match self.stream.read(buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(now),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if let State::Connecting(_) = self.state {
                self.head.extend_from_slice(&buffer[..n]);
                if !self.open()? {
                    continue;
                }
                now = Now::JustOpen;
                let mut rest = std::mem::take(&mut self.head);
                self.frames(&mut rest, &mut got)?;
            } else {
                self.frames(&mut buffer[..n], &mut got)?;
            }
            if n < buffer.len() {
                // Edge-triggered: what comes later is told.
                return Ok(now);
            }
        }
    }

    /// Reads the answer to the handshake; false if it is not whole. The rest stays in `head`.
    fn open(&mut self) -> io::Result<bool> {
        let State::Connecting(request) = &self.state else {
            return Ok(true);
        };
        let answer = request.read_response(&self.head, HeadLimits::DEFAULT);
        let Some(answer) = answer.map_err(io::Error::other)? else {
            return Ok(false);
        };
        let (head, deflate) = (answer.head, answer.deflate);
        self.head.drain(..head);
        self.state = State::Open {
            decoder: Box::new(Decoder::new(
                Role::Client,
                Limits::DEFAULT,
                deflate.as_ref(),
            )),
            encoder: Encoder::new(Role::Client, deflate.as_ref()),
        };
        Ok(true)
    }

    fn frames(&mut self, mut input: &mut [u8], got: &mut impl FnMut(&str)) -> io::Result<()> {
        let State::Open { decoder, encoder } = &mut self.state else {
            return Ok(());
        };
        let mut answer = false;
        while !input.is_empty() {
            let step = decoder.step(input).map_err(io::Error::other)?;
            match step.event {
                Some(Event::Text(text)) => got(text),
                Some(Event::Ping(payload)) => {
                    encoder.pong(payload, &mut self.out);
                    answer = true;
                }
                Some(Event::Close(_)) => return Err(ErrorKind::ConnectionAborted.into()),
                Some(Event::Binary(_) | Event::Pong(_)) | None => {}
            }
            let used = step.used;
            input = &mut input[used..];
        }
        if answer { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut gone = 0;
        while gone < self.out.len() {
            match self.stream.write(&self.out[gone..]) {
                Ok(n) => gone += n,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    self.out.drain(..gone);
                    return Ok(());
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        self.out = Vec::new();
        Ok(())
    }
}
