//! What both sides' heads have in common: limits, headers, the key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::extension;

/// Bounds on a request's or a response's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes, from the first line to the empty one.
    pub bytes: usize,
    /// Header lines.
    pub headers: usize,
}

impl HeadLimits {
    /// 8 KiB, 64 headers.
    pub const DEFAULT: HeadLimits = HeadLimits {
        bytes: 8 << 10,
        headers: 64,
    };
}

impl Default for HeadLimits {
    fn default() -> Self {
        HeadLimits::DEFAULT
    }
}

/// A head that is not HTTP, or too long.
pub(super) enum BadHead {
    NotHttp,
    TooLong,
}

/// What httparse says, with our limits: the length of the head, or nothing if it is not whole.
pub(super) fn outcome(
    status: Result<httparse::Status<usize>, httparse::Error>,
    have: usize,
    limits: HeadLimits,
) -> Result<Option<usize>, BadHead> {
    match status {
        Ok(httparse::Status::Complete(length)) if length <= limits.bytes => Ok(Some(length)),
        Ok(httparse::Status::Complete(_)) => Err(BadHead::TooLong),
        Ok(httparse::Status::Partial) if have < limits.bytes => Ok(None),
        Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
            Err(BadHead::TooLong)
        }
        Err(_) => Err(BadHead::NotHttp),
    }
}

/// The headers that matter to a handshake, of either side.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    pub(super) upgrade: bool,
    pub(super) connection: bool,
    pub(super) version: Once<'a>,
    pub(super) key: Once<'a>,
    pub(super) accept: Once<'a>,
    pub(super) host: Once<'a>,
    pub(super) origin: Once<'a>,
    pub(super) protocols: Vec<&'a str>,
    pub(super) extensions: Vec<&'a str>,
    pub(super) body: bool,
}

/// A header that may be there once.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Once<'a> {
    #[default]
    Absent,
    Here(&'a str),
    Repeated,
}

impl<'a> Once<'a> {
    fn add(&mut self, value: &'a str) {
        *self = match self {
            Once::Absent => Once::Here(value),
            _ => Once::Repeated,
        };
    }

    pub(super) fn here(self) -> Option<&'a str> {
        match self {
            Once::Here(value) => Some(value),
            _ => None,
        }
    }
}

/// A value that matters is not text.
pub(super) struct NotText;

impl<'a> Fields<'a> {
    pub(super) fn read(
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Fields<'a>, NotText> {
        let mut fields = Fields::default();
        for (name, value) in headers {
            fields.add(name, value)?;
        }
        Ok(fields)
    }

    fn add(&mut self, name: &'a str, value: &'a [u8]) -> Result<(), NotText> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let text = || std::str::from_utf8(value.trim_ascii()).map_err(|_| NotText);
        let lists = |token: &str| {
            text().map(|text| extension::items(text).any(|item| item.eq_ignore_ascii_case(token)))
        };
        if is("upgrade") {
            self.upgrade |= lists("websocket")?;
        } else if is("connection") {
            self.connection |= lists("upgrade")?;
        } else if is("sec-websocket-version") {
            self.version.add(text()?);
        } else if is("sec-websocket-key") {
            self.key.add(text()?);
        } else if is("sec-websocket-accept") {
            self.accept.add(text()?);
        } else if is("sec-websocket-protocol") {
            self.protocols.extend(extension::items(text()?));
        } else if is("sec-websocket-extensions") {
            self.extensions.push(text()?);
        } else if is("host") {
            self.host.add(text()?);
        } else if is("origin") {
            self.origin.add(text()?);
        } else if is("transfer-encoding") || is("content-length") {
            self.body |= is("transfer-encoding") || text()? != "0";
        }
        Ok(())
    }
}

/// What answers a key: `Sec-WebSocket-Accept`.
pub(super) fn accept_key(key: &str) -> String {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.finalize())
}

/// Whether this is 16 bytes in base64.
pub(super) fn is_key(key: &str) -> bool {
    // The last digit before the padding has four bits that are not used; nobody need have zeroed them.
    key.len() == 24
        && key.strip_suffix("==").is_some_and(|digits| {
            digits
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
        })
}

/// Sixteen bytes nobody foresees, in base64.
pub(super) fn make_key() -> String {
    STANDARD.encode(crate::random::bytes::<16>())
}

/// Panics unless this may stand in a line of a head.
#[track_caller]
pub(super) fn assert_value(what: &str, value: &str) {
    let good = value.bytes().all(|b| b == b'\t' || b >= b' ' && b != 0x7f);
    assert!(
        good,
        "{what} {value:?} has characters that cannot stand in a header"
    );
}

/// Panics unless this may be a header's or a subprotocol's name.
#[track_caller]
pub(super) fn assert_token(what: &str, name: &str) {
    assert!(
        extension::is_token(name),
        "{what} {name:?} is not a token of HTTP"
    );
}
