//! Reading, with a buffer only while there is something in it.
//!
//! ```text
//!   nothing here ---- read into STACK bytes of the stack, which may wait for ever
//!        |
//!        | something came: lease an inbox, put it there
//!        v
//!   take events from the inbox until it is empty, then give it back, unless
//!        |
//!        | the stack's bytes were filled, and the frame owes more than them:
//!        v
//!   read into the inbox, as long as the frame owes that much
//! ```
//! Who knows that something is there ([`Reader::ready`]) has it read into an inbox at once, and
//! needs no such bytes on the stack.
//!
//! So a connection that is silent between messages holds nothing, and one that is silent within a
//! message holds what has come of it, and an inbox if it is a big one.

use std::io::Read;

use crate::decoder::{Decoder, Event};
use crate::deflate::Params;
use crate::error::Error;
use crate::frame::Role;
use crate::limits::Limits;
use crate::pool::{Lease, Pool};

/// Bytes on the stack while waiting.
const STACK: usize = 512;

/// Bytes of an inbox.
const INBOX: usize = 16 << 10;

static INBOXES: Pool<Box<[u8; INBOX]>> = Pool::new(32, |_| true);

/// Reads events from a socket that somebody else has (and perhaps writes to). Holds a buffer only
/// while there is something in it.
#[derive(Debug)]
pub struct Reader {
    decoder: Decoder,
    inbox: Option<Lease<Box<[u8; INBOX]>>>,
    /// What of the inbox is to be taken: from here
    at: u16,
    /// to here.
    end: u16,
    /// The last read filled what it was given.
    flowing: bool,
    /// The next read need not wait.
    ready: bool,
    /// What came behind the handshake and has not been looked at.
    #[allow(clippy::box_collection)] // as most have nothing there, a word and not three
    early: Option<Box<Vec<u8>>>,
}

impl Reader {
    /// For `role`'s side of a connection. `rest` has come behind the handshake.
    pub fn new(role: Role, limits: Limits, deflate: Option<&Params>, rest: &[u8]) -> Reader {
        Reader {
            decoder: Decoder::new(role, limits, deflate),
            inbox: None,
            at: 0,
            end: 0,
            flowing: false,
            ready: false,
            early: (!rest.is_empty()).then(|| Box::new(rest.to_vec())),
        }
    }

    /// Waits for the next event. Nothing is answered: not pings, not the close frame.
    ///
    /// While it waits it holds no buffer, but half a KiB on the stack; within a big message, one of
    /// 16 KiB.
    ///
    /// # Errors
    /// See [`Error`]. After `WouldBlock`, `TimedOut` or `Interrupted`, read again.
    pub fn read<S: Read + ?Sized>(&mut self, from: &mut S) -> Result<Event<'_>, Error> {
        loop {
            if let Some(inbox) = &mut self.inbox {
                let waiting = &mut inbox[self.at as usize..self.end as usize];
                if !waiting.is_empty() {
                    let (used, found) = self.decoder.advance(waiting)?;
                    let begin = self.at as usize;
                    self.at += used as u16;
                    if let Some(found) = found {
                        let used = &self.inbox.as_ref().expect("just seen")[begin..][..used];
                        return Ok(self.decoder.event(found, used)?);
                    }
                }
            }
            if self.decoder.is_closed() {
                return Err(Error::Closed);
            }
            self.decoder.release();
            self.receive(from)?;
        }
    }

    /// Whether the peer has sent a part of a message or frame and owes the rest.
    pub fn is_midway(&self) -> bool {
        !self.decoder.is_idle()
    }

    /// Whether something has come that has not been taken: [`read`](Reader::read) need not wait.
    pub fn has_more(&self) -> bool {
        self.at < self.end || self.early.is_some()
    }

    /// Gives back what it holds, if everything has been taken; whether that is so. Then the next
    /// [`read`](Reader::read) begins with the socket, and waits.
    ///
    /// The caller may as well wait itself until the socket has something, and say so by
    /// [`ready`](Reader::ready): with half a KiB less on the stack meanwhile.
    pub fn rest(&mut self) -> bool {
        if self.has_more() || self.is_midway() {
            return false;
        }
        self.decoder.release();
        self.inbox = None;
        true
    }

    /// The socket has bytes, or its end: the next read does not wait.
    pub fn ready(&mut self) {
        self.ready = true;
    }

    /// Waits for bytes, when all have been taken.
    fn receive<S: Read + ?Sized>(&mut self, from: &mut S) -> Result<(), Error> {
        if let Some(mut early) = self.early.take() {
            let left = early.split_off(early.len().min(INBOX));
            self.fill(&early);
            if !left.is_empty() {
                *early = left;
                self.early = Some(early);
            }
            return Ok(());
        }
        if self.ready || self.flowing && self.decoder.owed() > STACK as u64 {
            self.ready = false;
            let inbox = self.inbox.get_or_insert_with(lease);
            let n = from.read(&mut inbox[..])?;
            (self.at, self.end) = (0, n as u16);
            self.flowing = n >= STACK;
            return if n == 0 { Err(Error::Eof) } else { Ok(()) };
        }
        self.wait(from)
    }

    /// Holds nothing while it waits. Not inlined: its bytes on the stack are its own.
    #[inline(never)]
    fn wait<S: Read + ?Sized>(&mut self, from: &mut S) -> Result<(), Error> {
        self.inbox = None;
        let mut here = [0; STACK];
        match from.read(&mut here)? {
            0 => Err(Error::Eof),
            n => {
                self.flowing = n == STACK;
                self.fill(&here[..n]);
                Ok(())
            }
        }
    }

    #[inline(never)]
    fn fill(&mut self, bytes: &[u8]) {
        let inbox = self.inbox.insert(lease());
        inbox[..bytes.len()].copy_from_slice(bytes);
        (self.at, self.end) = (0, bytes.len() as u16);
    }
}

fn lease() -> Lease<Box<[u8; INBOX]>> {
    INBOXES.lease(|| {
        vec![0; INBOX]
            .into_boxed_slice()
            .try_into()
            .expect("of that length")
    })
}
