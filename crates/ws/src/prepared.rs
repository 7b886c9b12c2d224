//! A message for many: encoded once for each way it may have to be sent, and shared.

use std::sync::{Arc, OnceLock};

use crate::close::Close;
use crate::deflate::{self, Params};
use crate::frame::{Header, Kind, MAX_CONTROL, Opcode, Role};
use crate::pool;

/// A whole frame as a server sends it, header and payload in one piece of memory, to be written as it
/// is. Cloning it counts a reference. 16 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame(Arc<[u8]>);

impl Frame {
    /// A message or a control frame, as it is. The payload of a control frame is cut at 125 bytes.
    pub fn new(opcode: Opcode, payload: &[u8]) -> Frame {
        let payload = match opcode.is_control() {
            true => &payload[..payload.len().min(MAX_CONTROL)],
            false => payload,
        };
        Frame::encode(Header::whole(opcode, payload.len()), payload)
    }

    /// A close frame.
    pub fn close(close: Option<Close<'_>>) -> Frame {
        match close.map(|close| close.encode()) {
            None => Frame::new(Opcode::Close, &[]),
            Some((payload, length)) => Frame::new(Opcode::Close, &payload[..length]),
        }
    }

    /// Bytes that go out before the first frame, the answer to a handshake say, to be queued like one.
    pub fn preamble(bytes: &[u8]) -> Frame {
        Frame(bytes.into())
    }

    fn encode(header: Header, payload: &[u8]) -> Frame {
        let (head, size) = header.encode();
        let mut bytes = pool::bytes();
        bytes.reserve_exact(size + payload.len());
        bytes.extend_from_slice(&head[..size]);
        bytes.extend_from_slice(payload);
        Frame(bytes.as_slice().into())
    }

    /// The bytes on the wire.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is a whole message, not a control frame or a preamble.
    pub fn is_message(&self) -> bool {
        matches!(self.0.first(), Some(0x81 | 0x82 | 0xc1 | 0xc2))
    }

    /// Whether this is a compressed message.
    pub fn is_compressed(&self) -> bool {
        matches!(self.0.first(), Some(0xc1 | 0xc2))
    }
}

/// Bits of the smallest window there is a compressor for.
const MIN_BITS: u8 = 9;

/// A message for many connections. The frame for those without compression is made at once; each
/// compressed one when the first connection that wants it comes, once, by that connection's effort.
///
/// A frame is shared as it is: to write it is one system call, and to queue it a count of references.
///
/// ```
/// use gompa_ws::{Kind, Prepared, deflate};
///
/// let message = Prepared::new(Kind::Text, "hello, everybody! ".repeat(20).as_bytes());
/// let plain = message.frame(None).clone();
/// assert_eq!(plain.bytes().len(), 4 + 18 * 20);
/// ```
#[derive(Debug)]
pub struct Prepared {
    kind: Kind,
    /// Bytes of the plain frame's header.
    header: u8,
    plain: Frame,
    /// By bits of the window. The plain frame where compression is no gain.
    compressed: [OnceLock<Frame>; 16 - MIN_BITS as usize],
}

impl Prepared {
    /// Encodes a message. That a text is UTF-8 is the caller's to know: receivers will check.
    pub fn new(kind: Kind, payload: &[u8]) -> Prepared {
        let header = Header::whole(kind.opcode(), payload.len());
        Prepared {
            kind,
            header: header.encode().1 as u8,
            plain: Frame::encode(header, payload),
            compressed: [const { OnceLock::new() }; _],
        }
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The message itself.
    pub fn payload(&self) -> &[u8] {
        &self.plain.bytes()[self.header as usize..]
    }

    /// The frame without compression.
    pub fn plain(&self) -> &Frame {
        &self.plain
    }

    /// The frame for a connection on which this was agreed (nothing: no compression), and on which the
    /// server forgets after each message. Otherwise ask its [`Encoder`](crate::Encoder::prepared),
    /// which must know that its memory is no longer the client's.
    pub fn frame(&self, deflate: Option<&Params>) -> &Frame {
        let Some(params) = deflate else {
            return &self.plain;
        };
        let payload = self.payload();
        if payload.len() < params.min_size {
            return &self.plain;
        }
        let (mut bits, _) = params.sends(Role::Server);
        // Nothing refers back beyond the message's own begin.
        if payload.len() <= 1 << bits {
            bits = 15;
        }
        self.compressed[bits.max(MIN_BITS) as usize - MIN_BITS as usize]
            .get_or_init(|| self.compress(bits, params.level))
    }

    fn compress(&self, bits: u8, level: u8) -> Frame {
        let payload = self.payload();
        let mut out = pool::bytes();
        deflate::deflate_message(payload, bits, level, &mut out);
        if out.len() >= payload.len() {
            return self.plain.clone();
        }
        let header = Header {
            compressed: true,
            ..Header::whole(self.kind.opcode(), out.len())
        };
        Frame::encode(header, &out)
    }
}
