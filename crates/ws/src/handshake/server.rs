//! The server's side.

use crate::deflate::{Config, Params};

/// Bounds on a request's or a response's head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes, from the first line to the empty one. At most 64 KiB are ever allowed.
    pub bytes: usize,
    /// Header lines; at most 128 are ever allowed.
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

/// A client's wish to speak WebSocket, checked: version, key and the two headers are as they must be.
#[derive(Debug, Clone)]
pub struct Upgrade<'a> {
    target: &'a str,
    host: Option<&'a str>,
    origin: Option<&'a str>,
    key: &'a str,
    protocols: Vec<&'a str>,
    extensions: Vec<&'a str>,
}

/// Why a request is no handshake, and what to answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the texts say it
pub enum Refusal {
    #[error("this is not HTTP")]
    NotHttp,
    #[error("the request's head is too long, or has too many headers")]
    HeadTooLong,
    #[error("a handshake is a GET of HTTP/1.1 without a body")]
    NotGet,
    #[error("this is a WebSocket: upgrade to it")]
    NotUpgrade,
    #[error("only version 13 is spoken here")]
    Version,
    #[error("Sec-WebSocket-Key must be there once: 16 bytes in base64")]
    Key,
    #[error("Host must be there once")]
    Host,
    #[error("pages of this origin may not connect")]
    Origin,
}

impl Refusal {
    /// The status of the answer: 400, 403, 405, 426 or 431.
    pub const fn status(&self) -> u16 {
        match self {
            Refusal::Origin => 403,
            Refusal::NotGet => 405,
            Refusal::NotUpgrade | Refusal::Version => 426,
            Refusal::HeadTooLong => 431,
            _ => 400,
        }
    }

    /// The whole answer, which closes the connection.
    pub fn response(&self) -> Vec<u8> {
        todo!()
    }
}

/// What a server agrees to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Answer<'a> {
    /// One of the [`Upgrade::protocols`]; none if none is spoken.
    pub protocol: Option<&'a str>,
    /// Compression, if it is asked for.
    pub deflate: Option<&'a Config>,
    /// Further headers, names and values.
    pub headers: &'a [(&'a str, &'a str)],
}

/// The handshake is done once `response` is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The bytes to send.
    pub response: Vec<u8>,
    /// Compression, if it has been agreed to.
    pub deflate: Option<Params>,
}

impl<'a> Upgrade<'a> {
    /// Reads the head of a request from the front of `bytes`, and says how long it is; nothing if it is
    /// not whole. What comes behind it belongs to the first frames.
    ///
    /// # Errors
    /// What is wrong, also with a part: a head that is too long is seen before its end.
    pub fn parse(
        bytes: &'a [u8],
        limits: HeadLimits,
    ) -> Result<Option<(Upgrade<'a>, usize)>, Refusal> {
        let _ = (bytes, limits);
        todo!()
    }

    /// Checks a request that another parser has read. `minor` is 1 for HTTP/1.1; names are compared
    /// without case.
    ///
    /// # Errors
    /// What is wrong.
    pub fn from_headers(
        method: &str,
        target: &'a str,
        minor: u8,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Upgrade<'a>, Refusal> {
        let _ = (method, target, minor, headers);
        todo!()
    }

    /// The path and the query.
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// The `Host` header.
    pub fn host(&self) -> Option<&'a str> {
        self.host
    }

    /// The page that asks, if a browser does.
    pub fn origin(&self) -> Option<&'a str> {
        self.origin
    }

    /// The subprotocols the client speaks, the best first.
    pub fn protocols(&self) -> &[&'a str] {
        &self.protocols
    }

    /// The first of the client's subprotocols that is among these.
    pub fn choose_protocol(&self, spoken: &[&str]) -> Option<&'a str> {
        self.protocols.iter().find(|p| spoken.contains(*p)).copied()
    }

    /// Agrees.
    ///
    /// # Panics
    /// If a protocol or a header of the answer has characters that cannot stand there, a line break
    /// above all.
    pub fn accept(&self, answer: &Answer<'_>) -> Accepted {
        let _ = (self.key, &self.extensions, answer);
        todo!()
    }
}
