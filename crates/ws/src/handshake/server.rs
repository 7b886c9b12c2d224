//! The server's side.

use super::head::{self, BadHead, Fields, HeadLimits, Once};
use super::refusal::Refusal;
use crate::deflate::{Config, Params};
use crate::extension::{self, Extension};

/// A client's wish to speak WebSocket, checked: version, key and what else must be there.
#[derive(Debug, Clone)]
pub struct Upgrade<'a> {
    target: &'a str,
    host: &'a str,
    origin: Option<&'a str>,
    key: &'a str,
    protocols: Vec<&'a str>,
    extensions: Vec<Extension<'a>>,
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
        // On the heap: a goroutine's stack shall stay small.
        let mut headers = vec![httparse::EMPTY_HEADER; limits.headers];
        let mut request = httparse::Request::new(&mut headers);
        let length = match head::outcome(request.parse(bytes), bytes.len(), limits) {
            Ok(None) => return Ok(None),
            Ok(Some(length)) => length,
            Err(BadHead::NotHttp) => return Err(Refusal::NotHttp),
            Err(BadHead::TooLong) => return Err(Refusal::HeadTooLong),
        };
        let upgrade = Upgrade::from_headers(
            request.method.unwrap_or_default(),
            request.path.unwrap_or_default(),
            request.version.unwrap_or_default(),
            request.headers.iter().map(|h| (h.name, h.value)),
        )?;
        Ok(Some((upgrade, length)))
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
        let fields = Fields::read(headers).map_err(|_| Refusal::NotHttp)?;
        if method != "GET" || minor == 0 || fields.body {
            return Err(Refusal::NotGet);
        }
        let host = fields.host.here().ok_or(Refusal::Host)?;
        if !fields.upgrade || !fields.connection {
            return Err(Refusal::NotUpgrade);
        }
        if fields.version != Once::Here("13") {
            return Err(Refusal::Version);
        }
        let key = fields
            .key
            .here()
            .filter(|key| head::is_key(key))
            .ok_or(Refusal::Key)?;
        if fields.origin == Once::Repeated {
            return Err(Refusal::Origin);
        }
        if !fields.protocols.iter().all(|p| extension::is_token(p)) {
            return Err(Refusal::Lists);
        }
        let mut extensions = Vec::new();
        for line in &fields.extensions {
            extensions.extend(extension::parse(line).map_err(|_| Refusal::Lists)?);
        }
        Ok(Upgrade {
            target,
            host,
            origin: fields.origin.here(),
            key,
            protocols: fields.protocols,
            extensions,
        })
    }

    /// The path and the query.
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// The `Host` header.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The page that asks, if a browser does. See [`Origins`](super::Origins).
    pub fn origin(&self) -> Option<&'a str> {
        self.origin
    }

    /// The subprotocols the client speaks, the best first.
    pub fn protocols(&self) -> &[&'a str] {
        &self.protocols
    }

    /// The first of the client's subprotocols that is among these.
    pub fn choose_protocol(&self, spoken: &[&str]) -> Option<&'a str> {
        let mut wanted = self.protocols.iter();
        wanted.find(|p| spoken.contains(*p)).copied()
    }

    /// Agrees.
    ///
    /// # Panics
    /// If the protocol is not one of the client's, or a header has characters that cannot stand there,
    /// a line break above all.
    pub fn accept(&self, answer: &Answer<'_>) -> Accepted {
        let mut response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n",
            head::accept_key(self.key)
        );
        let mut add = |name: &str, value: &str| {
            head::assert_token("header", name);
            head::assert_value("header", value);
            response.extend([name, ": ", value, "\r\n"]);
        };
        if let Some(protocol) = answer.protocol {
            assert!(
                self.protocols.contains(&protocol),
                "subprotocol {protocol:?} is none of the client's"
            );
            add("Sec-WebSocket-Protocol", protocol);
        }
        let agreed = answer.deflate.and_then(|c| c.answer(&self.extensions));
        if let Some((_, text)) = &agreed {
            add("Sec-WebSocket-Extensions", text);
        }
        for (name, value) in answer.headers {
            add(name, value);
        }
        response.push_str("\r\n");
        Accepted {
            response: response.into_bytes(),
            deflate: agreed.map(|(params, _)| params),
        }
    }
}
