//! Close codes and the payload of a close frame, RFC 6455 sections 5.5.1 and 7.4.

use std::fmt;

use crate::error::ProtocolError;
use crate::frame::MAX_CONTROL;

/// Why a connection ends.
///
/// ```text
///    0 ..  999   never used                                    illegal on the wire
/// 1000 .. 1003   the protocol's own                            legal
/// 1004           reserved, without a meaning                   illegal
/// 1005, 1006     "no code", "no close frame": for reports      illegal
/// 1007 .. 1014   the protocol's, and what was registered since legal
/// 1015           "TLS failed": for reports                     illegal
/// 1016 .. 2999   not assigned                                  illegal
/// 3000 .. 3999   registered by libraries                       legal
/// 4000 .. 4999   the application's own                         legal
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose of the connection is fulfilled.
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// The server goes down, or the page is left.
    pub const AWAY: CloseCode = CloseCode(1001);
    /// A frame broke the protocol.
    pub const PROTOCOL: CloseCode = CloseCode(1002);
    /// This kind of data is not taken (a text where only binary is understood).
    pub const UNSUPPORTED: CloseCode = CloseCode(1003);
    /// The close frame had no code. Never sent.
    pub const NO_STATUS: CloseCode = CloseCode(1005);
    /// There was no close frame. Never sent.
    pub const ABNORMAL: CloseCode = CloseCode(1006);
    /// A text was not UTF-8, or a compressed message could not be inflated.
    pub const INVALID_DATA: CloseCode = CloseCode(1007);
    /// What was sent is against the rules of the house.
    pub const POLICY: CloseCode = CloseCode(1008);
    /// A message was larger than allowed.
    pub const TOO_BIG: CloseCode = CloseCode(1009);
    /// The client wanted an extension the server did not agree to.
    pub const EXTENSION: CloseCode = CloseCode(1010);
    /// The server failed.
    pub const INTERNAL: CloseCode = CloseCode(1011);
    /// The server restarts; come back.
    pub const RESTART: CloseCode = CloseCode(1012);
    /// The server has too much to do; come back later.
    pub const TRY_AGAIN: CloseCode = CloseCode(1013);
    /// A gateway got a bad answer from the server behind it.
    pub const BAD_GATEWAY: CloseCode = CloseCode(1014);

    /// Whether a close frame may carry it.
    pub const fn is_legal(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CloseCode({})", self.0)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a close frame says. A close frame may also say nothing: that is no `Close`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close<'a> {
    /// The code.
    pub code: CloseCode,
    /// Words for people and logs, at most 123 bytes.
    pub reason: &'a str,
}

/// The longest reason, in bytes: a control frame carries 125, the code takes two.
pub const MAX_REASON: usize = MAX_CONTROL - 2;

impl<'a> Close<'a> {
    /// Reads the payload of a close frame.
    ///
    /// # Errors
    /// A payload of one byte, an illegal code, a reason that is not UTF-8.
    pub fn parse(payload: &'a [u8]) -> Result<Option<Close<'a>>, ProtocolError> {
        match payload {
            [] => Ok(None),
            [_] => Err(ProtocolError::ShortClose),
            [high, low, reason @ ..] => {
                let code = CloseCode(u16::from_be_bytes([*high, *low]));
                if !code.is_legal() {
                    return Err(ProtocolError::IllegalCloseCode(code));
                }
                let reason =
                    simdutf8::basic::from_utf8(reason).map_err(|_| ProtocolError::NotUtf8)?;
                Ok(Some(Close { code, reason }))
            }
        }
    }

    /// The payload of a close frame, and its length. Reasons are cut at [`MAX_REASON`] bytes, at the
    /// border of a character.
    pub fn encode(&self) -> ([u8; MAX_CONTROL], usize) {
        let mut out = [0; MAX_CONTROL];
        let reason = &self.reason.as_bytes()[..self.reason.floor_char_boundary(MAX_REASON)];
        out[..2].copy_from_slice(&self.code.0.to_be_bytes());
        out[2..2 + reason.len()].copy_from_slice(reason);
        (out, 2 + reason.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_are_legal() {
        let legal = |n: u16| {
            matches!(n, 1000 | 1001 | 1002 | 1003 | 3000..=4999) || (1007..=1014).contains(&n)
        };
        for n in 0..=u16::MAX {
            assert_eq!(CloseCode(n).is_legal(), legal(n), "{n}");
        }
    }

    #[test]
    fn payloads() {
        assert_eq!(Close::parse(b""), Ok(None));
        assert_eq!(Close::parse(b"\x03"), Err(ProtocolError::ShortClose));
        let close = Close {
            code: CloseCode::AWAY,
            reason: "bye",
        };
        let (bytes, n) = close.encode();
        assert_eq!(&bytes[..n], b"\x03\xe9bye");
        assert_eq!(Close::parse(&bytes[..n]), Ok(Some(close)));
        assert_eq!(
            Close::parse(b"\x03\xee"),
            Err(ProtocolError::IllegalCloseCode(CloseCode::ABNORMAL))
        );
        assert_eq!(Close::parse(b"\x03\xe8\xff"), Err(ProtocolError::NotUtf8));
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let reason = "é".repeat(100);
        let close = Close {
            code: CloseCode::NORMAL,
            reason: &reason,
        };
        let (bytes, n) = close.encode();
        assert_eq!(n, 2 + 122);
        assert_eq!(
            Close::parse(&bytes[..n]).unwrap().unwrap().reason,
            &reason[..122]
        );
    }
}
