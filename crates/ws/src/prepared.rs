//! A message for many: encoded once for each way it may have to be sent, and shared.

use std::sync::Arc;

use crate::close::Close;
use crate::deflate::Params;
use crate::frame::{Kind, Opcode};

/// A whole frame as a server sends it, header and payload in one piece of memory. Cloning it counts
/// a reference. 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Arc<[u8]>);

impl Frame {
    /// A message or a control frame, as it is. The payload of a control frame is cut at 125 bytes.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Frame {
        let _ = (opcode, payload);
        todo!()
    }

    /// A close frame.
    pub fn close(close: Option<Close<'_>>) -> Frame {
        let _ = close;
        todo!()
    }

    /// Bytes that go out before the first frame, the answer to a handshake say, to be queued like one.
    pub fn preamble(bytes: &[u8]) -> Frame {
        Frame(bytes.into())
    }

    /// The bytes on the wire.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is a whole message, not a control frame or a preamble.
    pub fn is_message(&self) -> bool {
        matches!(self.0.first(), Some(0x81 | 0x82 | 0xc1 | 0xc2))
    }
}

/// A message for many connections. The frame for those without compression is made at once; each
/// compressed one when the first connection that wants it comes, once.
#[derive(Debug)]
pub struct Prepared {
    _todo: (),
}

impl Prepared {
    /// Encodes a message.
    pub fn new(kind: Kind, payload: &[u8]) -> Prepared {
        let _ = (kind, payload);
        todo!()
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        todo!()
    }

    /// The message itself.
    pub fn payload(&self) -> &[u8] {
        todo!()
    }

    /// The frame without compression.
    pub fn plain(&self) -> &Frame {
        todo!()
    }

    /// The frame for a connection on which this was agreed (nothing: no compression), and on which the
    /// server forgets after each message. Otherwise ask its [`Encoder`](crate::Encoder::prepared),
    /// which must know that its memory is no longer the client's.
    pub fn frame(&self, deflate: Option<&Params>) -> &Frame {
        let _ = deflate;
        todo!()
    }
}
