//! From bytes to events.

use crate::close::Close;
use crate::deflate::Params;
use crate::error::ProtocolError;
use crate::frame::Role;
use crate::limits::Limits;

/// What has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A whole text.
    Text(&'a str),
    /// A whole binary message.
    Binary(&'a [u8]),
    /// To be answered by a pong with the same payload, unless a close frame has been sent.
    Ping(&'a [u8]),
    /// An answer, or a sign of life.
    Pong(&'a [u8]),
    /// The peer's last frame. To be answered by a close frame with the same code, unless this is the
    /// answer to ours. Nothing after it is read.
    Close(Option<Close<'a>>),
}

/// What one step of a [`Decoder`] brought.
#[derive(Debug, PartialEq, Eq)]
pub struct Step<'a> {
    /// How many bytes of the input are done with. All of them, if there is no event.
    pub used: usize,
    /// What has come, if something is whole. It ends at `used`.
    pub event: Option<Event<'a>>,
}

/// One direction of a connection: takes the bytes the peer sends, however they are split, and gives
/// events.
///
/// Between messages it holds no memory but itself (and, with context takeover, a window).
#[derive(Debug)]
pub struct Decoder {
    _todo: (),
}

impl Decoder {
    /// For `role`'s side of a connection (a server's decoder reads what a client sends), with what
    /// the handshake agreed to.
    pub fn new(role: Role, limits: Limits, deflate: Option<&Params>) -> Decoder {
        let _ = (role, limits, deflate);
        todo!()
    }

    /// Takes bytes from the front of `input`, up to the end of the next event. The input is unmasked
    /// in place, and the event may borrow it.
    ///
    /// After a close frame nothing is taken any more: everything is `used`, nothing comes.
    ///
    /// # Errors
    /// The peer has broken the protocol. So it remains: every further step fails like this.
    pub fn step<'a>(&'a mut self, input: &'a mut [u8]) -> Result<Step<'a>, ProtocolError> {
        let _ = input;
        todo!()
    }

    /// Whether the last byte taken was the last of a message, and no part of a frame has come since.
    pub fn is_idle(&self) -> bool {
        todo!()
    }
}
