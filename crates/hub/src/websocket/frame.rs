//! Frames from the hub to its clients, encoded once and shared by all who get them.
//!
//! ```text
//!   byte 0       byte 1        then                        then
//!   1 000 oooo   0 lllllll     0, 2 or 8 bytes of length   the payload, as it is
//!   FIN   opcode MASK=0, 7-bit length, 126 or 127
//! ```
//!
//! A server does not mask, so the bytes are the same for every receiver.

use tungstenite::Bytes;

use super::close::Code;

/// One whole frame, header and payload in one piece of memory. Cloning it counts a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Bytes);

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // RFC 6455, section 5.2
pub enum Opcode {
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// What a frame costs in a queue besides its bytes.
const OVERHEAD: usize = size_of::<Frame>();

impl Frame {
    /// A message, or a control frame, in one frame.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Frame {
        let mut out = Vec::with_capacity(payload.len() + 10);
        out.push(0x80 | opcode as u8);
        match payload.len() {
            n @ 0..=125 => out.push(n as u8),
            n @ 126..=0xffff => {
                out.push(126);
                out.extend_from_slice(&(n as u16).to_be_bytes());
            }
            n => {
                out.push(127);
                out.extend_from_slice(&(n as u64).to_be_bytes());
            }
        }
        out.extend_from_slice(payload);
        Frame(out.into())
    }

    /// A close frame; without a code it is empty. Reasons are cut at 123 bytes.
    pub fn close(code: Option<Code>, reason: &str) -> Frame {
        let mut payload = Vec::new();
        if let Some(code) = code {
            payload.extend_from_slice(&code.0.to_be_bytes());
            payload.extend_from_slice(&reason.as_bytes()[..reason.floor_char_boundary(123)]);
        }
        Frame::new(Opcode::Close, &payload)
    }

    /// Bytes that go out before the first frame: the answer to the handshake.
    pub fn preamble(bytes: Vec<u8>) -> Frame {
        Frame(bytes.into())
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is a message, not a control frame or a preamble.
    pub fn is_message(&self) -> bool {
        matches!(self.0.first(), Some(0x81 | 0x82))
    }

    /// What the frame counts for in a bounded queue.
    pub fn cost(&self) -> usize {
        self.0.len() + OVERHEAD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_by_length() {
        let header = |n: usize| {
            let frame = Frame::new(Opcode::Binary, &vec![7; n]);
            assert!(frame.bytes().ends_with(&vec![7; n]));
            frame.bytes()[..frame.bytes().len() - n].to_vec()
        };
        assert_eq!(header(0), [0x82, 0]);
        assert_eq!(header(125), [0x82, 125]);
        assert_eq!(header(126), [0x82, 126, 0, 126]);
        assert_eq!(header(65_535), [0x82, 126, 255, 255]);
        assert_eq!(header(65_536), [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn messages_and_others() {
        assert!(Frame::new(Opcode::Text, b"").is_message());
        assert!(Frame::new(Opcode::Binary, b"").is_message());
        assert!(!Frame::new(Opcode::Ping, b"").is_message());
        assert!(!Frame::close(None, "").is_message());
        assert!(!Frame::preamble(b"HTTP/1.1 101".to_vec()).is_message());
    }

    #[test]
    fn close_frames() {
        assert_eq!(Frame::close(None, "ignored").bytes(), [0x88, 0]);
        assert_eq!(
            Frame::close(Some(Code::PROTOCOL), "x").bytes(),
            [0x88, 3, 3, 234, b'x']
        );
        let long = Frame::close(Some(Code::AWAY), &"é".repeat(100));
        assert_eq!(long.bytes()[1], 2 + 122);
    }
}
