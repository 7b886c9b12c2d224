//! From messages to bytes.

use crate::close::Close;
use crate::deflate::Params;
use crate::frame::{Kind, Role};
use crate::prepared::{Frame, Prepared};

/// The other direction of a connection: appends frames to a buffer.
///
/// A server's encoder without context takeover has no state to speak of.
#[derive(Debug)]
pub struct Encoder {
    _todo: (),
}

impl Encoder {
    /// For `role`'s side of a connection, with what the handshake agreed to.
    pub fn new(role: Role, deflate: Option<&Params>) -> Encoder {
        let _ = (role, deflate);
        todo!()
    }

    /// A whole message in one frame, compressed if that was agreed to and makes it shorter.
    pub fn message(&mut self, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
        let _ = (kind, payload, out);
        todo!()
    }

    /// A piece of a message, never compressed. Control frames, and nothing else, may come before the
    /// next piece.
    ///
    /// # Panics
    /// If another kind of message has been begun and not ended.
    pub fn fragment(&mut self, kind: Kind, payload: &[u8], fin: bool, out: &mut Vec<u8>) {
        let _ = (kind, payload, fin, out);
        todo!()
    }

    /// A prepared message, in the form that was agreed to: shared bytes to be written as they are.
    /// Only for a server; a client must mask each frame with a key of its own.
    ///
    /// # Panics
    /// On a client's side.
    pub fn prepared(&mut self, message: &Prepared) -> Frame {
        let _ = message;
        todo!()
    }

    /// A ping. Payloads are cut at 125 bytes.
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let _ = (payload, out);
        todo!()
    }

    /// A pong. Payloads are cut at 125 bytes.
    pub fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let _ = (payload, out);
        todo!()
    }

    /// A close frame. It is the last.
    pub fn close(&mut self, close: Option<Close<'_>>, out: &mut Vec<u8>) {
        let _ = (close, out);
        todo!()
    }
}
