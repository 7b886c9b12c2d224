//! Frames: the header's bits, in and out. RFC 6455 section 5.2.
//!
//! ```text
//!   byte 0       byte 1        then                         then       then
//!   F RRR oooo   M lllllll     0, 2 or 8 bytes of length    0 or 4     the payload
//!   | |   |      | length,                                  the key,
//!   | |   |      | 126 or 127                               if M
//!   | |   opcode MASK
//!   | RSV1 (compressed), RSV2, RSV3
//!   FIN (the message's last frame)
//! ```

mod header;

pub use header::{Header, MAX_HEADER};

/// Bytes a control frame carries at most.
pub const MAX_CONTROL: usize = 125;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// The next piece of a message.
    Continuation = 0,
    /// The first piece of a text.
    Text = 1,
    /// The first piece of a binary message.
    Binary = 2,
    /// The last frame of its side.
    Close = 8,
    /// To be answered by a pong with the same payload.
    Ping = 9,
    /// An answer to a ping, or a sign of life.
    Pong = 10,
}

impl Opcode {
    /// The meaning of four bits; nothing for those that have none.
    pub const fn from_bits(bits: u8) -> Option<Opcode> {
        Some(match bits {
            0 => Opcode::Continuation,
            1 => Opcode::Text,
            2 => Opcode::Binary,
            8 => Opcode::Close,
            9 => Opcode::Ping,
            10 => Opcode::Pong,
            _ => return None,
        })
    }

    /// Close, ping and pong: short, whole, and allowed between the fragments of a message.
    pub const fn is_control(self) -> bool {
        self as u8 & 8 != 0
    }
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

impl Kind {
    /// The opcode of a message's first frame.
    pub const fn opcode(self) -> Opcode {
        match self {
            Kind::Text => Opcode::Text,
            Kind::Binary => Opcode::Binary,
        }
    }
}

/// Which end of the connection this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Masks what it sends.
    Client,
    /// Does not.
    Server,
}
