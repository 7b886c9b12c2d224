//! A message that is put together: fragments, compression, text, limits.

use super::Place;
use crate::deflate::Inflater;
use crate::error::ProtocolError;
use crate::frame::{Header, Kind, Opcode};
use crate::limits::Limits;
use crate::pool::{self, Lease};
use crate::utf8::Utf8;

/// The open message, if there is one; and the buffer of the last, until it is released.
#[derive(Debug)]
pub(super) struct Assembly {
    limits: Limits,
    /// What the open message is; nothing between messages.
    open: Option<Kind>,
    /// What the message is whose last piece has come.
    last: Kind,
    /// The open message is compressed.
    compressed: bool,
    /// Nothing of the open message has come but its first header, and that is its last too.
    whole: bool,
    /// Where in a character the text so far ends.
    utf8: Utf8,
    /// Frames of the open message so far.
    fragments: u32,
    /// What has been put together, inflated.
    message: Option<Lease<Vec<u8>>>,
    /// The payload of a control frame that came in pieces.
    #[allow(clippy::box_collection)]
    // rarely there, and then two words less each time it is not
    control: Option<Box<Vec<u8>>>,
    /// It is whole.
    control_whole: bool,
    /// Compression has been agreed to.
    inflater: Option<Box<Inflater>>,
}

impl Assembly {
    /// With compression: the peer's window, and whether it is forgotten after each message.
    pub(super) fn new(limits: Limits, deflate: Option<(u8, bool)>) -> Assembly {
        Assembly {
            limits,
            open: None,
            last: Kind::Binary,
            compressed: false,
            whole: false,
            utf8: Utf8::default(),
            fragments: 0,
            message: None,
            control: None,
            control_whole: false,
            inflater: deflate.map(|(bits, forgets)| Box::new(Inflater::new(bits, forgets))),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn kind(&self) -> Kind {
        self.last
    }

    pub(super) fn message(&self) -> &[u8] {
        self.message.as_ref().map_or(&[], |message| message)
    }

    pub(super) fn control(&self) -> &[u8] {
        self.control.as_ref().map_or(&[], |control| control)
    }

    /// Gives back what held the last event.
    #[inline]
    pub(super) fn release(&mut self) {
        if self.open.is_none() {
            self.message = None;
        }
        if self.control_whole {
            self.control = None;
            self.control_whole = false;
        }
    }

    /// Nothing more will come.
    pub(super) fn abandon(&mut self) {
        self.open = None;
        self.message = None;
        self.control = None;
        self.inflater = None;
    }

    /// A data frame's header: may it come here, and is what it announces within the limits?
    #[inline]
    pub(super) fn begin(&mut self, header: &Header) -> Result<(), ProtocolError> {
        let kind = match header.opcode {
            Opcode::Continuation => None,
            Opcode::Text => Some(Kind::Text),
            _ => Some(Kind::Binary),
        };
        match (kind, self.open) {
            (None, None) => return Err(ProtocolError::NothingToContinue),
            (Some(_), Some(_)) => return Err(ProtocolError::MessageInMessage),
            (None, Some(_)) => {
                if header.compressed {
                    return Err(ProtocolError::ReservedBit);
                }
                if self.fragments >= self.limits.fragments {
                    return Err(ProtocolError::TooManyFragments {
                        limit: self.limits.fragments,
                    });
                }
                self.fragments += 1;
                self.whole = false;
            }
            (Some(kind), None) => {
                if header.compressed && self.inflater.is_none() {
                    return Err(ProtocolError::ReservedBit);
                }
                self.open = Some(kind);
                self.last = kind;
                self.compressed = header.compressed;
                self.fragments = 1;
                self.whole = header.fin;
                self.utf8 = Utf8::default();
            }
        }
        if header.length > self.limits.frame {
            return Err(ProtocolError::FrameTooBig {
                length: header.length,
                limit: self.limits.frame,
            });
        }
        let so_far = self.message().len() as u64;
        // No overflow: a length has 63 bits, and so has what is in memory.
        if !self.compressed && so_far + header.length > self.limits.message as u64 {
            return Err(ProtocolError::MessageTooBig {
                limit: self.limits.message,
            });
        }
        Ok(())
    }

    /// The next piece of the open message's payload, unmasked; its `last`, perhaps. Says where the whole
    /// message is then.
    #[inline]
    pub(super) fn piece(
        &mut self,
        piece: &[u8],
        last: bool,
    ) -> Result<Option<Place>, ProtocolError> {
        let alone = self.whole && last && self.message.is_none();
        if alone && !self.compressed {
            self.open = None;
            return Ok(Some(Place::Input(piece.len())));
        }
        self.put(piece, last, alone)
    }

    fn put(
        &mut self,
        piece: &[u8],
        last: bool,
        alone: bool,
    ) -> Result<Option<Place>, ProtocolError> {
        let message = self.message.get_or_insert_with(pool::bytes);
        let before = message.len();
        match &mut self.inflater {
            Some(inflater) if self.compressed => {
                inflater.push(piece, message, self.limits.message)?;
                if last {
                    inflater.finish(message, self.limits.message)?;
                }
            }
            _ => message.extend_from_slice(piece),
        }
        // A text that is whole at once is checked when it is handed out.
        if self.last == Kind::Text && !alone {
            self.utf8
                .push(&message[before..])
                .map_err(|_| ProtocolError::NotUtf8)?;
            if last && !self.utf8.is_whole() {
                return Err(ProtocolError::NotUtf8);
            }
        }
        if !last {
            return Ok(None);
        }
        self.open = None;
        Ok(Some(Place::Message))
    }

    /// The next piece of a control frame's payload, unmasked. Says where it is when it is whole.
    pub(super) fn control_piece(&mut self, piece: &[u8], last: bool) -> Option<Place> {
        if last && self.control.is_none() {
            return Some(Place::Input(piece.len()));
        }
        // Rare enough for the allocator.
        let control = self.control.get_or_insert_default();
        control.extend_from_slice(piece);
        self.control_whole = last;
        last.then_some(Place::Control)
    }
}
