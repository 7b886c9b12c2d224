//! A request head, taken apart.

use super::head::HeadError;

/// Most headers a request may have.
const MAX_HEADERS: usize = 64;

/// What a buffer holds.
#[derive(Debug)]
pub enum Parsed {
    /// A request, and the length of its head.
    Whole(Request, usize),
    /// The beginning of one.
    Partial,
}

/// A request without its body.
#[derive(Debug, Clone)]
pub struct Request {
    /// As sent: methods are case-sensitive.
    pub method: String,
    /// The target's path, not decoded.
    pub path: String,
    /// What follows the `?`, not decoded.
    pub query: String,
    /// HTTP/1.1, or else 1.0.
    pub http11: bool,
    /// Names as sent, values trimmed; bytes that are not UTF-8 are replaced.
    headers: Vec<(String, String)>,
}

impl Request {
    /// Takes `buffer` apart as far as it goes.
    pub fn parse(buffer: &[u8]) -> Result<Parsed, HeadError> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(buffer) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(Parsed::Partial),
            Err(httparse::Error::TooManyHeaders) => return Err(HeadError::TooLarge),
            Err(e) => return Err(HeadError::Malformed(reason(e))),
        };
        let (path, query) = split_target(parsed.path.unwrap_or(""))?;
        let request = Request {
            method: parsed.method.unwrap_or("").into(),
            path: path.into(),
            query: query.into(),
            http11: parsed.version == Some(1),
            headers: parsed
                .headers
                .iter()
                .map(|h| {
                    (
                        h.name.into(),
                        String::from_utf8_lossy(h.value).trim().into(),
                    )
                })
                .collect(),
        };
        if request.http11 && request.headers("host").count() != 1 {
            return Err(HeadError::Malformed(
                "there must be exactly one Host header",
            ));
        }
        Ok(Parsed::Whole(request, length))
    }

    /// Every value of a header.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        let same = move |(n, _): &&(String, String)| n.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(same)
            .map(|(_, value)| value.as_str())
    }

    /// Every header, in order.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Bytes of the path and the query.
    pub fn target_len(&self) -> usize {
        self.path.len() + self.query.len()
    }

    /// The token: of the `Authorization` header, or of the query, where browsers must put it.
    pub fn token(&self) -> Option<String> {
        let bearer = self
            .headers("authorization")
            .find_map(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim().to_owned());
        bearer.or_else(|| super::route::parameter(&self.query, "token"))
    }

    /// Whether a comma-separated header lists `token`.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        self.headers(name)
            .flat_map(|v| v.split(','))
            .any(|t| t.trim().eq_ignore_ascii_case(token))
    }

    /// Whether a body follows the head. Bodies are not read.
    pub fn has_body(&self) -> bool {
        self.headers("content-length").any(|v| v != "0")
            || self.headers("transfer-encoding").next().is_some()
    }

    /// Whether the connection can carry another request after this one.
    pub fn keeps_alive(&self) -> bool {
        self.http11 && !self.has_body() && !self.lists("connection", "close")
    }
}

/// The path and the query of a target in origin form (`/p?q`) or absolute form (`http://h/p?q`).
fn split_target(target: &str) -> Result<(&str, &str), HeadError> {
    let rest = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => target,
    };
    if !rest.starts_with('/') && rest != "*" {
        return Err(HeadError::Malformed("the target must be a path"));
    }
    Ok(rest.split_once('?').unwrap_or((rest, "")))
}

fn reason(error: httparse::Error) -> &'static str {
    match error {
        httparse::Error::HeaderName => "a header name has a forbidden character",
        httparse::Error::HeaderValue => "a header value has a forbidden character",
        httparse::Error::NewLine => "a line does not end in CR LF",
        httparse::Error::Version => "not HTTP/1.1",
        _ => "not an HTTP request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Request, HeadError> {
        match Request::parse(text.as_bytes())? {
            Parsed::Whole(request, length) => {
                assert_eq!(length, text.len());
                Ok(request)
            }
            Parsed::Partial => panic!("partial"),
        }
    }

    #[test]
    fn targets() {
        for (target, path, query) in [
            ("/", "/", ""),
            ("/ws?room=a?b", "/ws", "room=a?b"),
            ("http://h:1/ws?x", "/ws", "x"),
            ("http://h", "/", ""),
            ("*", "*", ""),
        ] {
            let request = parse(&format!("GET {target} HTTP/1.1\r\nHost: h\r\n\r\n")).unwrap();
            assert_eq!((&*request.path, &*request.query), (path, query));
        }
        assert!(parse("GET ws HTTP/1.1\r\nHost: h\r\n\r\n").is_err());
    }

    #[test]
    fn host_is_needed_once_in_1_1() {
        assert!(parse("GET / HTTP/1.1\r\n\r\n").is_err());
        assert!(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").is_err());
        assert!(parse("GET / HTTP/1.0\r\n\r\n").is_ok());
    }

    #[test]
    fn lists_and_keep_alive() {
        let with = |headers: &str| parse(&format!("GET / HTTP/1.1\r\nHost: h\r\n{headers}\r\n"));
        let request = with("Connection: keep-alive, Upgrade\r\n").unwrap();
        assert!(request.lists("connection", "upgrade") && request.keeps_alive());
        assert!(!request.lists("connection", "keep"));
        assert!(!with("connection: close\r\n").unwrap().keeps_alive());
        assert!(with("Content-Length: 0\r\n").unwrap().keeps_alive());
        assert!(!with("Content-Length: 4\r\n").unwrap().keeps_alive());
        assert!(
            !with("Transfer-Encoding: chunked\r\n")
                .unwrap()
                .keeps_alive()
        );
        assert!(!parse("GET / HTTP/1.0\r\n\r\n").unwrap().keeps_alive());
    }
}
