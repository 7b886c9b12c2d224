//! Frames made and read by other code than the crate's own, and streams that do as told.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use gompa_ws::{Decoder, Event, ProtocolError};

pub const FIN: u8 = 0x80;
pub const RSV1: u8 = 0x40;
pub const CONT: u8 = 0;
pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// A frame with this first byte.
pub fn frame(first: u8, payload: &[u8], key: Option<[u8; 4]>) -> Vec<u8> {
    let mask = if key.is_some() { 0x80 } else { 0 };
    let mut out = vec![first];
    match payload.len() {
        n if n < 126 => out.push(mask | n as u8),
        n if n < 65536 => out.extend([mask | 126, (n >> 8) as u8, n as u8]),
        n => {
            out.push(mask | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    out.extend(key.iter().flatten());
    let key = key.unwrap_or_default();
    out.extend(payload.iter().enumerate().map(|(i, b)| b ^ key[i % 4]));
    out
}

/// A frame that was sent: first byte and payload, unmasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent(pub u8, pub Vec<u8>);

/// Reads frames, which must be whole, and masked or not.
pub fn sent(mut bytes: &[u8], masked: bool) -> Vec<Sent> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let first = bytes[0];
        assert_eq!(bytes[1] & 0x80 != 0, masked, "masked or not");
        let (length, size) = match bytes[1] & 0x7f {
            126 => (usize::from(bytes[2]) << 8 | usize::from(bytes[3]), 4),
            127 => (
                u64::from_be_bytes(bytes[2..10].try_into().unwrap()) as usize,
                10,
            ),
            n => (n.into(), 2),
        };
        let keyed = if masked { size + 4 } else { size };
        let mut payload = bytes[keyed..keyed + length].to_vec();
        for (i, byte) in payload.iter_mut().enumerate() {
            *byte ^= if masked { bytes[size + i % 4] } else { 0 };
        }
        bytes = &bytes[keyed + length..];
        frames.push(Sent(first, payload));
    }
    frames
}

/// An event, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Got {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<(u16, String)>),
    Failed(ProtocolError),
}

impl From<Event<'_>> for Got {
    fn from(event: Event<'_>) -> Got {
        match event {
            Event::Text(text) => Got::Text(text.into()),
            Event::Binary(data) => Got::Binary(data.into()),
            Event::Ping(data) => Got::Ping(data.into()),
            Event::Pong(data) => Got::Pong(data.into()),
            Event::Close(close) => Got::Close(close.map(|c| (c.code.0, c.reason.into()))),
        }
    }
}

/// All events of these pieces, one after the other, up to an error.
pub fn decode<'a>(decoder: &mut Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Got> {
    let mut got = Vec::new();
    for piece in pieces {
        let mut piece = piece.to_vec();
        let mut at = 0;
        loop {
            match decoder.step(&mut piece[at..]) {
                Ok(step) => {
                    at += step.used;
                    let end = step.event.is_none();
                    got.extend(step.event.map(Got::from));
                    if end {
                        assert_eq!(at, piece.len(), "without an event everything is used");
                        break;
                    }
                }
                Err(error) => {
                    got.push(Got::Failed(error));
                    assert_eq!(decoder.step(&mut []), Err(error), "errors remain");
                    return got;
                }
            }
        }
    }
    got
}

/// A stream that gives what is in it, piece by piece, then ends; and keeps what is written.
#[derive(Debug, Default)]
pub struct Script {
    pub input: VecDeque<Vec<u8>>,
    pub output: Vec<u8>,
    /// Bytes a write takes at most; then it says `WouldBlock` once. Zero: all.
    pub stingy: usize,
    pub refused: bool,
}

impl Script {
    /// Gives `bytes`, at most `size` at a time.
    pub fn new(bytes: &[u8], size: usize) -> Script {
        Script {
            input: bytes.chunks(size).map(<[u8]>::to_vec).collect(),
            ..Script::default()
        }
    }
}

impl Read for Script {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.input.front_mut() else {
            return Ok(0);
        };
        let n = piece.len().min(buf.len());
        buf[..n].copy_from_slice(&piece[..n]);
        piece.drain(..n);
        if piece.is_empty() {
            self.input.pop_front();
        }
        Ok(n)
    }
}

impl Write for Script {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.stingy == 0 {
            self.output.extend(buf);
            return Ok(buf.len());
        }
        self.refused = !self.refused;
        if self.refused {
            return Err(ErrorKind::WouldBlock.into());
        }
        let n = buf.len().min(self.stingy);
        self.output.extend(&buf[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Numbers that look random and are the same each time.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}

/// Text that compresses like prose.
pub fn prose(n: usize) -> Vec<u8> {
    let words = [
        "the ",
        "hub ",
        "sends ",
        "every ",
        "message ",
        "to ",
        "all ",
        "in a room. ",
        "été ",
    ];
    let mut noise = Noise(n as u64 + 1);
    let mut out = Vec::new();
    while out.len() < n {
        out.extend(words[noise.below(words.len())].bytes());
    }
    while std::str::from_utf8(&out[..n.min(out.len())]).is_err() {
        out.insert(0, b' ');
    }
    out.truncate(n);
    out
}
