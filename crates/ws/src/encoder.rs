//! From messages to bytes.

use crate::close::Close;
use crate::deflate::{Compressor, Params};
use crate::frame::{Header, Kind, MAX_CONTROL, Opcode, Role};
use crate::prepared::{Frame, Prepared};
use crate::{mask, pool, random};

/// The other direction of a connection: appends frames to a buffer.
///
/// A server's encoder without context takeover holds nothing but the parameters.
#[derive(Debug)]
pub struct Encoder {
    role: Role,
    /// What is being sent in pieces.
    open: Option<Kind>,
    /// Compression, if it has been agreed to.
    compressor: Option<Compressor>,
}

impl Encoder {
    /// For `role`'s side of a connection, with what the handshake agreed to.
    pub fn new(role: Role, deflate: Option<&Params>) -> Encoder {
        Encoder {
            role,
            open: None,
            compressor: deflate.map(Compressor::new),
        }
    }

    /// A whole message in one frame, compressed if that was agreed to and makes it shorter.
    ///
    /// # Panics
    /// If a message is being sent in pieces.
    pub fn message(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        assert!(self.open.is_none(), "a message within a message");
        if let Some(compressor) = &mut self.compressor {
            let mut compressed = pool::bytes();
            if compressor.message(self.role, payload, &mut compressed) {
                let header = Header {
                    compressed: true,
                    ..Header::whole(kind.opcode(), compressed.len())
                };
                return frame(self.role, header, &compressed, out);
            }
        }
        frame(
            self.role,
            Header::whole(kind.opcode(), payload.len()),
            payload,
            out,
        );
    }

    /// The header alone of a message that the caller writes behind it as it is; nothing if it is to be
    /// compressed or masked, for which see [`message`](Encoder::message).
    ///
    /// # Panics
    /// As there.
    pub(crate) fn bare_header(&self, kind: Kind, payload: &[u8]) -> Option<Header> {
        assert!(self.open.is_none(), "a message within a message");
        let compresses = self
            .compressor
            .as_ref()
            .is_some_and(|c| payload.len() >= c.params().min_size);
        (self.role == Role::Server && !compresses)
            .then(|| Header::whole(kind.opcode(), payload.len()))
    }

    /// A piece of a message, never compressed; `fin` with the last. Only control frames may come before
    /// the next piece.
    ///
    /// # Panics
    /// If another kind of message has been begun and not ended.
    pub fn fragment(&mut self, kind: Kind, payload: &[u8], fin: bool, out: &mut Vec<u8>) {
        let opcode = match self.open {
            None => kind.opcode(),
            Some(open) => {
                assert_eq!(open, kind, "a message within a message");
                Opcode::Continuation
            }
        };
        self.open = (!fin).then_some(kind);
        let header = Header {
            fin,
            ..Header::whole(opcode, payload.len())
        };
        frame(self.role, header, payload, out);
    }

    /// A prepared message, in the form that was agreed to: shared bytes to be written as they are.
    /// Only for a server; a client must mask each frame with a key of its own.
    ///
    /// With context takeover, the compressor's memory is given up: what the client remembers is now
    /// something else.
    ///
    /// # Panics
    /// On a client's side, and if a message is being sent in pieces.
    pub fn prepared(&mut self, message: &Prepared) -> Frame {
        assert_eq!(self.role, Role::Server, "a client's frames are masked");
        assert!(self.open.is_none(), "a message within a message");
        let frame = message.frame(self.compressor.as_ref().map(Compressor::params));
        if let Some(compressor) = &mut self.compressor
            && frame.is_compressed()
        {
            compressor.forget();
        }
        frame.clone()
    }

    /// A ping. Payloads are cut at 125 bytes.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.control(Opcode::Ping, payload, out);
    }

    /// A pong. Payloads are cut at 125 bytes.
    pub fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        self.control(Opcode::Pong, payload, out);
    }

    /// A close frame. It is the last.
    pub fn close(&mut self, close: Option<Close<'_>>, out: &mut Vec<u8>) {
        match close.map(|close| close.encode()) {
            None => self.control(Opcode::Close, &[], out),
            Some((payload, length)) => self.control(Opcode::Close, &payload[..length], out),
        }
    }

    fn control(&self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) {
        let payload = &payload[..payload.len().min(MAX_CONTROL)];
        frame(
            self.role,
            Header::whole(opcode, payload.len()),
            payload,
            out,
        );
    }
}

/// Appends a frame: a client's masked with a fresh key.
fn frame(role: Role, mut header: Header, payload: &[u8], out: &mut Vec<u8>) {
    if role == Role::Client {
        header.mask = Some(random::bytes());
    }
    let (bytes, size) = header.encode();
    out.reserve(size + payload.len());
    out.extend_from_slice(&bytes[..size]);
    let begin = out.len();
    out.extend_from_slice(payload);
    if let Some(key) = header.mask {
        mask::apply(&mut out[begin..], key, 0);
    }
}
