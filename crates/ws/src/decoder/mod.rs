//! From bytes to events.
//!
//! # States
//! ```text
//!              header whole                    its last byte
//!   Header ---------------------> Payload ----------------------> Header
//!      ^  14 bytes at most, kept      |  a control frame: an event
//!      |  only if they come apart     |  a message's last frame: an event
//!      +------------------------------+  another frame: nothing yet
//!
//!   any --- error ---> Failed      any --- close frame ---> Closed
//! ```
//! Beside that a message may be open (its first frame has come, its last has not), with control frames
//! between its frames: see [`assembly`].
//!
//! # Where a payload is
//! In the input, unmasked in place, if the message is one frame that came in one piece, without
//! compression. Otherwise it is put together in a buffer leased for the message.

mod assembly;
mod head;

use crate::close::Close;
use crate::deflate::Params;
use crate::error::ProtocolError;
use crate::frame::{Header, Kind, Opcode, Role};
use crate::limits::Limits;
use crate::mask;
use assembly::Assembly;
use head::Head;

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
///
/// ```
/// use gompa_ws::{Decoder, Event, Limits, Role};
///
/// let mut decoder = Decoder::new(Role::Client, Limits::DEFAULT, None);
/// let mut bytes = *b"\x81\x05Hello\x89\x00\x82";
/// let mut at = 0;
/// let mut seen = Vec::new();
/// while at < bytes.len() {
///     let step = decoder.step(&mut bytes[at..])?;
///     at += step.used;
///     match step.event {
///         Some(Event::Text(text)) => seen.push(text.to_owned()),
///         Some(other) => seen.push(format!("{other:?}")),
///         None => {}
///     }
/// }
/// assert_eq!(seen, ["Hello", "Ping([])"]);
/// assert!(!decoder.is_idle()); // a frame has begun
/// # Ok::<(), gompa_ws::ProtocolError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    role: Role,
    state: State,
    /// A header that came apart.
    head: Head,
    /// The frame whose payload comes.
    frame: Frame,
    assembly: Assembly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Payload,
    Closed,
    Failed(ProtocolError),
}

/// What is needed of a header while the payload comes.
#[derive(Debug, Clone, Copy)]
struct Frame {
    opcode: Opcode,
    fin: bool,
    key: Option<[u8; 4]>,
    /// Bytes that have come, modulo four: where the key stands.
    offset: u8,
    /// Bytes still to come.
    left: u64,
}

/// Where the payload of a whole message or control frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the input: the last so many of the bytes that were used.
    Input(usize),
    /// In the assembly's buffers.
    Message,
    Control,
}

/// Something whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    what: What,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Message(Kind),
    Ping,
    Pong,
    Close,
}

impl Decoder {
    /// For `role`'s side of a connection (a server's decoder reads what a client sends), with what
    /// the handshake agreed to.
    pub fn new(role: Role, limits: Limits, deflate: Option<&Params>) -> Decoder {
        let peer = match role {
            Role::Client => Role::Server,
            Role::Server => Role::Client,
        };
        Decoder {
            role,
            state: State::Header,
            head: Head::default(),
            frame: Frame {
                opcode: Opcode::Continuation,
                fin: true,
                key: None,
                offset: 0,
                left: 0,
            },
            assembly: Assembly::new(limits, deflate.map(|params| params.sends(peer))),
        }
    }

    /// Takes bytes from the front of `input`, up to the end of the next event. The input is unmasked
    /// in place, and the event may borrow it.
    ///
    /// After a close frame nothing is taken any more: everything is `used`, nothing comes.
    ///
    /// # Errors
    /// The peer has broken the protocol. So it remains: every further step fails like this. If a
    /// compressed message is wrong in several ways (too long, no UTF-8, does not inflate), which one is
    /// told may depend on how its bytes came.
    #[inline]
    pub fn step<'a>(&'a mut self, input: &'a mut [u8]) -> Result<Step<'a>, ProtocolError> {
        let (used, found) = self.advance(input)?;
        let event = match found {
            Some(found) => Some(self.event(found, &input[..used])?),
            None => None,
        };
        Ok(Step { used, event })
    }

    /// Whether the last byte taken was the last of a message or of a control frame outside of one.
    pub fn is_idle(&self) -> bool {
        self.state != State::Payload && self.head.is_empty() && !self.assembly.is_open()
    }

    /// Gives back the buffer of the last event. The next step does so too; who waits long for more
    /// input does it before.
    pub fn release(&mut self) {
        self.assembly.release();
    }

    /// Whether the close frame has come.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Bytes of the current frame that have yet to come; none between frames.
    pub(crate) fn owed(&self) -> u64 {
        match self.state {
            State::Payload => self.frame.left,
            _ => 0,
        }
    }

    /// [`step`](Decoder::step) without borrowing: what was found is to be turned into an event before
    /// anything else.
    #[inline]
    pub(crate) fn advance(
        &mut self,
        input: &mut [u8],
    ) -> Result<(usize, Option<Found>), ProtocolError> {
        self.assembly.release();
        self.try_advance(input).map_err(|error| self.fail(error))
    }

    /// The event that was found. `used` are the bytes the step took.
    pub(crate) fn event<'a>(
        &'a mut self,
        found: Found,
        used: &'a [u8],
    ) -> Result<Event<'a>, ProtocolError> {
        let Decoder {
            state, assembly, ..
        } = self;
        let payload = match found.place {
            Place::Input(length) => &used[used.len() - length..],
            Place::Message => assembly.message(),
            Place::Control => assembly.control(),
        };
        let event = match found.what {
            What::Message(Kind::Binary) => Ok(Event::Binary(payload)),
            // A message that came in pieces has been checked already. Once more is a look at bytes in
            // the cache, and costs less than `unsafe` would.
            What::Message(Kind::Text) => match simdutf8::basic::from_utf8(payload) {
                Ok(text) => Ok(Event::Text(text)),
                Err(_) => Err(ProtocolError::NotUtf8),
            },
            What::Ping => Ok(Event::Ping(payload)),
            What::Pong => Ok(Event::Pong(payload)),
            What::Close => Close::parse(payload).map(Event::Close),
        };
        match event {
            Ok(Event::Close(_)) => *state = State::Closed,
            Ok(_) => {}
            Err(error) => *state = State::Failed(error),
        }
        event
    }

    fn try_advance(&mut self, input: &mut [u8]) -> Result<(usize, Option<Found>), ProtocolError> {
        let mut at = 0;
        loop {
            match self.state {
                State::Failed(error) => return Err(error),
                State::Closed => return Ok((input.len(), None)),
                State::Header => {
                    let Some(header) = self.head.read(input, &mut at)? else {
                        return Ok((input.len(), None));
                    };
                    self.begin(&header)?;
                }
                State::Payload => {
                    // A frame without payload is whole although nothing has come behind its header.
                    let found = self.payload(input, &mut at)?;
                    if found.is_some() || self.state == State::Payload {
                        return Ok((at, found));
                    }
                }
            }
        }
    }

    /// A header has come: may it, here?
    fn begin(&mut self, header: &Header) -> Result<(), ProtocolError> {
        match (self.role, header.mask) {
            (Role::Server, None) => return Err(ProtocolError::Unmasked),
            (Role::Client, Some(_)) => return Err(ProtocolError::Masked),
            _ => {}
        }
        if header.opcode.is_control() {
            if header.compressed {
                return Err(ProtocolError::ReservedBit);
            }
        } else {
            self.assembly.begin(header)?;
        }
        self.frame = Frame {
            opcode: header.opcode,
            fin: header.fin,
            key: header.mask,
            offset: 0,
            left: header.length,
        };
        self.state = State::Payload;
        Ok(())
    }

    /// Takes what there is of the payload.
    fn payload(
        &mut self,
        input: &mut [u8],
        at: &mut usize,
    ) -> Result<Option<Found>, ProtocolError> {
        let frame = &mut self.frame;
        let here = input.len() - *at;
        let length = here.min(usize::try_from(frame.left).unwrap_or(usize::MAX));
        if length == 0 && frame.left != 0 {
            return Ok(None);
        }
        let piece = &mut input[*at..*at + length];
        if let Some(key) = frame.key {
            mask::apply(piece, key, frame.offset.into());
            frame.offset = ((usize::from(frame.offset) + length) % 4) as u8;
        }
        frame.left -= length as u64;
        *at += length;
        let ends = frame.left == 0;
        let (what, place) = match frame.opcode {
            Opcode::Ping | Opcode::Pong | Opcode::Close => {
                let place = self.assembly.control_piece(piece, ends);
                let what = match frame.opcode {
                    Opcode::Ping => What::Ping,
                    Opcode::Pong => What::Pong,
                    _ => What::Close,
                };
                (what, place)
            }
            _ => {
                let place = self.assembly.piece(piece, ends && frame.fin)?;
                (What::Message(self.assembly.kind()), place)
            }
        };
        if ends {
            self.state = State::Header;
        }
        Ok(place.map(|place| Found { what, place }))
    }

    fn fail(&mut self, error: ProtocolError) -> ProtocolError {
        self.state = State::Failed(error);
        self.assembly.abandon();
        error
    }
}
