//! What can go wrong, as types; and which close code tells the peer.

use std::io;

use crate::close::CloseCode;

/// The peer broke the protocol, or went beyond a limit. Nothing more can be read: send
/// [`close_code`](ProtocolError::close_code), read and forget until the peer ends, then close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A reserved bit is set that no agreed extension defines.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// Opcodes 3 to 7 and 11 to 15 have no meaning.
    #[error("opcode {0:#x} has no meaning")]
    ReservedOpcode(u8),
    /// A client must mask (RFC 6455, 5.1).
    #[error("a frame of a client must be masked")]
    Unmasked,
    /// A server must not mask (RFC 6455, 5.1).
    #[error("a frame of a server must not be masked")]
    Masked,
    /// A control frame is never fragmented (RFC 6455, 5.4).
    #[error("a control frame must not be fragmented")]
    FragmentedControl,
    /// A control frame carries at most 125 bytes (RFC 6455, 5.5).
    #[error("a control frame carries at most 125 bytes")]
    LongControl,
    /// A length that would have fitted into fewer bytes, or has its highest bit set (5.2).
    #[error("a frame's length must be written in the fewest bytes")]
    BadLength,
    /// A continuation without a message to continue.
    #[error("there is no message to continue")]
    NothingToContinue,
    /// A new message before the last has ended.
    #[error("a new message began before the last one ended")]
    MessageInMessage,
    /// A close frame of one byte.
    #[error("a close frame carries nothing, or at least a code of two bytes")]
    ShortClose,
    /// See [`CloseCode::is_legal`].
    #[error("close code {0} must not be sent")]
    IllegalCloseCode(CloseCode),
    /// A text, or the reason in a close frame, is not UTF-8.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// What does not inflate.
    #[error("a compressed message does not inflate")]
    BadDeflate,
    /// The frame is longer than [`Limits::frame`](crate::Limits::frame), in bytes as sent.
    #[error("a frame of {length} bytes is longer than the {limit} allowed")]
    FrameTooBig {
        /// What the frame's header says.
        length: u64,
        /// What is allowed.
        limit: u64,
    },
    /// The message is longer than [`Limits::message`](crate::Limits::message), inflated.
    #[error("a message is longer than the {limit} bytes allowed")]
    MessageTooBig {
        /// What is allowed.
        limit: usize,
    },
    /// The message is in more pieces than [`Limits::fragments`](crate::Limits::fragments).
    #[error("a message is in more than the {limit} fragments allowed")]
    TooManyFragments {
        /// What is allowed.
        limit: u32,
    },
}

impl ProtocolError {
    /// What to send in the close frame.
    pub const fn close_code(&self) -> CloseCode {
        match self {
            ProtocolError::NotUtf8 | ProtocolError::BadDeflate => CloseCode::INVALID_DATA,
            ProtocolError::FrameTooBig { .. } | ProtocolError::MessageTooBig { .. } => {
                CloseCode::TOO_BIG
            }
            ProtocolError::TooManyFragments { .. } => CloseCode::POLICY,
            _ => CloseCode::PROTOCOL,
        }
    }
}

/// Why reading from or writing to a socket ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The peer broke the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The socket failed. Kinds `WouldBlock`, `TimedOut` and `Interrupted` while reading mean that
    /// nothing has happened: read again. While writing, some of a frame may be out.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The peer has ended its side without a close frame. Whoever reports it may use
    /// [`CloseCode::ABNORMAL`].
    #[error("the connection ended without a close frame")]
    Eof,
    /// A close frame has been read or written: nothing follows in this direction.
    #[error("the WebSocket is closed")]
    Closed,
}

impl Error {
    /// What to send in the close frame; nothing if nobody would hear it.
    pub fn close_code(&self) -> Option<CloseCode> {
        match self {
            Error::Protocol(error) => Some(error.close_code()),
            _ => None,
        }
    }
}
