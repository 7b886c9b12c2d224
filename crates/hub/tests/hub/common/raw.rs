//! A WebSocket client that sends whatever bytes it is told to.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use super::Hub;

/// A connection past its handshake.
pub struct Raw {
    pub stream: TcpStream,
}

const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

/// The opening handshake for `path`.
pub fn handshake(path: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes()
}

/// A masked frame; `first` is the byte with FIN and the opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    match payload.len() {
        n @ 0..=125 => out.push(0x80 | n as u8),
        n @ 126..=0xffff => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(0x80 | 127);
            out.extend_from_slice(&(n as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    // By whole masks: unoptimised, a byte at a time takes seconds for what some tests send.
    let (whole, rest) = payload.as_chunks::<4>();
    let mask = u32::from_ne_bytes(MASK);
    for four in whole {
        out.extend_from_slice(&(u32::from_ne_bytes(*four) ^ mask).to_ne_bytes());
    }
    out.extend(rest.iter().zip(MASK).map(|(byte, mask)| byte ^ mask));
    out
}

impl Raw {
    /// Connects; `behind` is sent with the handshake, in one piece.
    pub fn connect(hub: &Hub, path: &str, behind: &[u8]) -> Raw {
        let mut stream = hub.tcp();
        stream
            .write_all(&[&handshake(path), behind].concat())
            .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("an answer");
            head.push(byte[0]);
        }
        assert!(
            head.starts_with(b"HTTP/1.1 101 "),
            "{}",
            String::from_utf8_lossy(&head)
        );
        Raw { stream }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the hub reads");
    }

    /// The next frame: its first byte and its payload. None at the end of the connection.
    pub fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        match self.stream.read_exact(&mut head) {
            Err(e) if e.kind() == ErrorKind::UnexpectedEof => return None,
            result => result.expect("a frame"),
        }
        assert_eq!(head[1] & 0x80, 0, "a server does not mask");
        let length = match head[1] {
            126 => u16::from_be_bytes(self.bytes()) as usize,
            127 => u64::from_be_bytes(self.bytes()) as usize,
            n => n as usize,
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).expect("a payload");
        Some((head[0], payload))
    }

    /// Expects a close frame and then the end; gives the code, if there was one.
    pub fn closed(&mut self) -> Option<u16> {
        let (first, payload) = self.frame().expect("a close frame");
        assert_eq!(first, 0x88, "{payload:?}");
        assert_eq!(self.frame(), None, "nothing comes behind a close frame");
        payload.first_chunk().map(|code| u16::from_be_bytes(*code))
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).expect("a length");
        bytes
    }
}
