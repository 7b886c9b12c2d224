//! A frame's header, in and out.

use super::Opcode;
use crate::error::ProtocolError;

/// The longest header, in bytes.
pub const MAX_HEADER: usize = 14;

const FIN: u8 = 0x80;
const RSV: u8 = 0x70;
const RSV1: u8 = 0x40;
const MASK: u8 = 0x80;

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The message's last frame.
    pub fin: bool,
    /// RSV1: the message is compressed. Only on its first frame.
    pub compressed: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key, if the payload is masked.
    pub mask: Option<[u8; 4]>,
    /// Bytes of payload.
    pub length: u64,
}

impl Header {
    /// A whole frame, unmasked.
    pub const fn whole(opcode: Opcode, length: usize) -> Header {
        Header {
            fin: true,
            compressed: false,
            opcode,
            mask: None,
            length: length as u64,
        }
    }

    /// How long the header is that begins with `bytes`; nothing before the second byte has come.
    #[inline]
    pub const fn size(bytes: &[u8]) -> Option<usize> {
        let [_, second, ..] = *bytes else { return None };
        let length = match second & !MASK {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        Some(2 + length + if second & MASK != 0 { 4 } else { 0 })
    }

    /// Reads the header that `bytes` begin with, and says how long it is; nothing if it is not whole.
    ///
    /// Checked are those rules which a frame can break on its own: reserved bits and opcodes, the
    /// shortest form of the length, control frames whole and short. That a server's frames are not
    /// masked and a client's are, and which frame may follow which, is the
    /// [`Decoder`](crate::Decoder)'s to check; so is where RSV1 is allowed.
    ///
    /// # Errors
    /// The rule that is broken. Those of the first two bytes are seen before the rest has come.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Option<(Header, usize)>, ProtocolError> {
        let [first, second, rest @ ..] = bytes else {
            return match bytes {
                [first] => Header::parse_first(*first).map(|_| None),
                _ => Ok(None),
            };
        };
        let opcode = Header::parse_first(*first)?;
        let fin = first & FIN != 0;
        let short = second & !MASK;
        if opcode.is_control() {
            if !fin {
                return Err(ProtocolError::FragmentedControl);
            }
            if short > 125 {
                return Err(ProtocolError::LongControl);
            }
        }
        let (length, rest) = match (short, rest) {
            (126, [a, b, rest @ ..]) => match u16::from_be_bytes([*a, *b]) {
                0..126 => return Err(ProtocolError::BadLength),
                n => (u64::from(n), rest),
            },
            (127, [a, b, c, d, e, f, g, h, rest @ ..]) => {
                match u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) {
                    0..0x1_0000 | 0x8000_0000_0000_0000.. => {
                        return Err(ProtocolError::BadLength);
                    }
                    n => (n, rest),
                }
            }
            (126 | 127, _) => return Ok(None),
            (n, rest) => (u64::from(n), rest),
        };
        let (mask, rest) = match (second & MASK != 0, rest) {
            (false, rest) => (None, rest),
            (true, [a, b, c, d, rest @ ..]) => (Some([*a, *b, *c, *d]), rest),
            (true, _) => return Ok(None),
        };
        let header = Header {
            fin,
            compressed: first & RSV1 != 0,
            opcode,
            mask,
            length,
        };
        Ok(Some((header, bytes.len() - rest.len())))
    }

    fn parse_first(first: u8) -> Result<Opcode, ProtocolError> {
        if first & RSV & !RSV1 != 0 {
            return Err(ProtocolError::ReservedBit);
        }
        Opcode::from_bits(first & 0x0f).ok_or(ProtocolError::ReservedOpcode(first & 0x0f))
    }

    /// The bytes on the wire, and how many they are.
    #[inline]
    pub fn encode(&self) -> ([u8; MAX_HEADER], usize) {
        let mut out = [0; MAX_HEADER];
        out[0] = self.opcode as u8
            | if self.fin { FIN } else { 0 }
            | if self.compressed { RSV1 } else { 0 };
        let mut size = match self.length {
            n @ 0..=125 => {
                out[1] = n as u8;
                2
            }
            n @ 126..=0xffff => {
                out[1] = 126;
                out[2..4].copy_from_slice(&(n as u16).to_be_bytes());
                4
            }
            n => {
                out[1] = 127;
                out[2..10].copy_from_slice(&n.to_be_bytes());
                10
            }
        };
        if let Some(key) = self.mask {
            out[1] |= MASK;
            out[size..size + 4].copy_from_slice(&key);
            size += 4;
        }
        (out, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 40, (1 << 63) - 1] {
            for mask in [None, Some([1, 2, 3, 4])] {
                for (fin, compressed) in [(true, false), (false, true)] {
                    let header = Header {
                        fin,
                        compressed,
                        opcode: Opcode::Binary,
                        mask,
                        length,
                    };
                    let (bytes, size) = header.encode();
                    assert_eq!(Header::size(&bytes), Some(size));
                    assert_eq!(Header::parse(&bytes[..size]), Ok(Some((header, size))));
                    for part in 0..size {
                        assert_eq!(Header::parse(&bytes[..part]), Ok(None), "{part}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_pair_of_bytes() {
        for first in 0..=255u8 {
            for second in 0..=255u8 {
                let result =
                    Header::parse(&[first, second, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
                let opcode = first & 15;
                let control = opcode >= 8;
                let long = second & 127;
                let bad = first & 0x30 != 0
                    || (3..8).contains(&opcode)
                    || opcode > 10
                    || control && (first < 128 || long > 125)
                    // Read as a length, these bytes have the highest bit set.
                    || long == 127;
                assert_eq!(result.is_err(), bad, "{first:#x} {second:#x}: {result:?}");
            }
        }
    }

    #[test]
    fn lengths_in_the_fewest_bytes() {
        for bytes in [
            &[0x82, 126, 0, 125][..],
            &[0x82, 127, 0, 0, 0, 0, 0, 0, 255, 255],
            &[0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(Header::parse(bytes), Err(ProtocolError::BadLength));
        }
    }
}
