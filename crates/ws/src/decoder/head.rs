//! A header that comes in pieces.

use crate::error::ProtocolError;
use crate::frame::{Header, MAX_HEADER};

/// The beginning of a header.
#[derive(Debug, Default)]
pub(super) struct Head {
    bytes: [u8; MAX_HEADER],
    have: u8,
}

impl Head {
    pub(super) fn is_empty(&self) -> bool {
        self.have == 0
    }

    /// Reads a header from `input`, from `at` on, and moves that behind it. If the header is not whole,
    /// the rest of the input is its beginning.
    #[inline]
    pub(super) fn read(
        &mut self,
        input: &[u8],
        at: &mut usize,
    ) -> Result<Option<Header>, ProtocolError> {
        if self.have == 0
            && let Some((header, size)) = Header::parse(&input[*at..])?
        {
            *at += size;
            return Ok(Some(header));
        }
        self.collect(input, at)
    }

    /// Byte by byte: there are few, and what is wrong is seen as early as it can be.
    #[cold]
    fn collect(&mut self, input: &[u8], at: &mut usize) -> Result<Option<Header>, ProtocolError> {
        while let Some(byte) = input.get(*at) {
            self.bytes[self.have as usize] = *byte;
            self.have += 1;
            *at += 1;
            if let Some((header, _)) = Header::parse(&self.bytes[..self.have as usize])? {
                self.have = 0;
                return Ok(Some(header));
            }
        }
        Ok(None)
    }
}
