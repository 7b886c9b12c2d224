//! Writing: a frame goes out whole, or what is left of it goes first the next time.

use std::io::{self, ErrorKind, IoSlice, Write};

use crate::error::Error;
use crate::frame::Header;
use crate::pool;

/// From this size on a payload is not copied behind its header.
pub(super) const BIG: usize = 4 << 10;

/// What a write that failed has left.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    left: Vec<u8>,
    /// Where in there a pong begins that is its end, and of which nothing has gone; or 0. The next one
    /// takes its place (RFC 6455, 5.5.3): a peer that asks and never reads shall not fill our memory.
    pong_at: u32,
    /// The socket has failed for good: nothing can be written any more.
    dead: Option<ErrorKind>,
}

impl Outbox {
    /// Writes what `encode` appends to a buffer.
    pub(super) fn send(
        &mut self,
        to: &mut impl Write,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Error> {
        let mut buffer = pool::bytes();
        encode(&mut buffer);
        self.send_bytes(to, &buffer)
    }

    /// Writes a pong, in place of one that still waits.
    pub(super) fn send_pong(
        &mut self,
        to: &mut impl Write,
        encode: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), Error> {
        let mut buffer = pool::bytes();
        encode(&mut buffer);
        if self.pong_at != 0 {
            self.left.truncate(self.pong_at as usize);
        }
        let result = self.send_bytes(to, &buffer);
        let at = self.left.len().saturating_sub(buffer.len());
        self.pong_at = at.try_into().unwrap_or(0);
        result
    }

    pub(super) fn send_bytes(&mut self, to: &mut impl Write, bytes: &[u8]) -> Result<(), Error> {
        self.write(to, bytes, &[])
    }

    /// Writes a header and what belongs to it from where it lies.
    pub(super) fn send_big(
        &mut self,
        to: &mut impl Write,
        header: Header,
        payload: &[u8],
    ) -> Result<(), Error> {
        let (head, size) = header.encode();
        self.write(to, &head[..size], payload)
    }

    fn write(&mut self, to: &mut impl Write, first: &[u8], then: &[u8]) -> Result<(), Error> {
        if let Some(kind) = self.dead {
            return Err(io::Error::from(kind).into());
        }
        let old = std::mem::take(&mut self.left);
        self.pong_at = 0;
        let mut parts = [IoSlice::new(&old), IoSlice::new(first), IoSlice::new(then)];
        let mut parts = &mut parts[..];
        IoSlice::advance_slices(&mut parts, 0);
        let result = loop {
            if parts.is_empty() {
                break to.flush();
            }
            // One slice in a plain write: some streams (TLS) do no better with several.
            let written = match &*parts {
                [one] => to.write(one),
                many => to.write_vectored(many),
            };
            match written {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(n) => IoSlice::advance_slices(&mut parts, n),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => break Err(e),
            }
        };
        let Err(error) = result else { return Ok(()) };
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                self.left = parts.iter().flat_map(|part| part.iter().copied()).collect();
            }
            kind => self.dead = Some(kind),
        }
        Err(error.into())
    }
}
