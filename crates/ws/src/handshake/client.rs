//! The client's side.

use super::head::{self, BadHead, Fields, HeadLimits};
use crate::deflate::{Config, NAME, NegotiationError, Params};
use crate::extension;

/// A client's wish, to be sent.
#[derive(Debug, Clone)]
pub struct ClientRequest {
    key: String,
    /// The request line and the lines that are always there.
    head: String,
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
        head::assert_value("host", host);
        head::assert_value("target", target);
        assert!(
            target.starts_with('/') && !target.contains([' ', '\t']),
            "target {target:?} is no path"
        );
        let key = head::make_key();
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        );
        ClientRequest {
            key,
            head,
            protocols: Vec::new(),
            deflate: None,
        }
    }

    /// Offers a subprotocol; the best first.
    pub fn protocol(mut self, name: &str) -> ClientRequest {
        head::assert_token("subprotocol", name);
        self.protocols.push(name.to_owned());
        self
    }

    /// Adds a header: an origin, a cookie, a token.
    pub fn header(mut self, name: &str, value: &str) -> ClientRequest {
        head::assert_token("header", name);
        head::assert_value("header", value);
        self.head.extend([name, ": ", value, "\r\n"]);
        self
    }

    /// Offers compression.
    pub fn deflate(mut self, config: Config) -> ClientRequest {
        self.deflate = Some(config);
        self
    }

    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        let mut text = self.head.clone();
        if !self.protocols.is_empty() {
            let list = self.protocols.join(", ");
            text.extend(["Sec-WebSocket-Protocol: ", &list, "\r\n"]);
        }
        if let Some(config) = &self.deflate {
            text.extend(["Sec-WebSocket-Extensions: ", &config.offer(), "\r\n"]);
        }
        text.push_str("\r\n");
        text.into_bytes()
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
        let mut headers = vec![httparse::EMPTY_HEADER; limits.headers];
        let mut response = httparse::Response::new(&mut headers);
        let head = match head::outcome(response.parse(bytes), bytes.len(), limits) {
            Ok(None) => return Ok(None),
            Ok(Some(length)) => length,
            Err(BadHead::NotHttp) => return Err(ResponseError::NotHttp),
            Err(BadHead::TooLong) => return Err(ResponseError::HeadTooLong),
        };
        if response.code != Some(101) {
            return Err(ResponseError::Status(response.code.unwrap_or_default()));
        }
        let fields = Fields::read(response.headers.iter().map(|h| (h.name, h.value)))
            .map_err(|_| ResponseError::NotHttp)?;
        if !fields.upgrade || !fields.connection {
            return Err(ResponseError::NotUpgrade);
        }
        if fields.accept.here() != Some(&head::accept_key(&self.key)) {
            return Err(ResponseError::Accept);
        }
        let protocol = match fields.protocols[..] {
            [] => None,
            [one] if self.protocols.iter().any(|p| p == one) => Some(one.to_owned()),
            _ => return Err(ResponseError::Protocol),
        };
        Ok(Some(Established {
            protocol,
            deflate: self.agree(&fields.extensions)?,
            head,
        }))
    }

    fn agree(&self, lines: &[&str]) -> Result<Option<Params>, NegotiationError> {
        let mut chosen = Vec::new();
        for line in lines {
            chosen.extend(extension::parse(line).map_err(|_| NegotiationError::BadParameter)?);
        }
        match (&chosen[..], &self.deflate) {
            ([], _) => Ok(None),
            ([one], Some(config)) if one.name == NAME => config.agree(one).map(Some),
            _ => Err(NegotiationError::NotOffered),
        }
    }
}
