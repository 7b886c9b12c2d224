//! The client's side.

use crate::deflate::{Config, NegotiationError, Params};
use crate::handshake::HeadLimits;

/// A client's wish, to be sent.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    key: String,
    text: String,
    protocols: Vec<String>,
    deflate: Option<Config>,
}

/// The server has agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Established {
    /// The subprotocol the server chose, one of those offered.
    pub protocol: Option<String>,
    /// Compression, if it has been agreed to.
    pub deflate: Option<Params>,
    /// Bytes of the response's head. What comes behind belongs to the first frames.
    pub head: usize,
}

/// Why a response does not open a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the texts say it
pub enum ResponseError {
    #[error("this is not HTTP")]
    NotHttp,
    #[error("the response's head is too long, or has too many headers")]
    HeadTooLong,
    #[error("the server answered with status {0}")]
    Status(u16),
    #[error("the server did not upgrade")]
    NotUpgrade,
    #[error("Sec-WebSocket-Accept does not answer the key")]
    Accept,
    #[error("the server chose a subprotocol that was not offered")]
    Protocol,
    #[error(transparent)]
    Extension(#[from] NegotiationError),
}

impl ClientRequest {
    /// Asks `host` (with the port, unless it is the scheme's own) for `target` (path and query).
    ///
    /// # Panics
    /// If either has characters that cannot stand there. So do the methods that follow.
    pub fn new(host: &str, target: &str) -> ClientRequest {
        let _ = (host, target);
        todo!()
    }

    /// Offers a subprotocol; the best first.
    pub fn protocol(self, name: &str) -> ClientRequest {
        let _ = (name, &self.protocols);
        todo!()
    }

    /// Adds a header: an origin, a cookie, a token.
    pub fn header(self, name: &str, value: &str) -> ClientRequest {
        let _ = (name, value);
        todo!()
    }

    /// Offers compression.
    pub fn deflate(mut self, config: Config) -> ClientRequest {
        self.deflate = Some(config);
        self
    }

    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let _ = (&self.key, &self.text);
        todo!()
    }

    /// Reads the head of the response from the front of `bytes`; nothing if it is not whole.
    ///
    /// # Errors
    /// Why this is no WebSocket.
    pub fn read_response(
        &self,
        bytes: &[u8],
        limits: HeadLimits,
    ) -> Result<Option<Established>, ResponseError> {
        let _ = (bytes, limits);
        todo!()
    }
}
