//! A request: its head, taken apart. Bodies are not looked at.

use crate::registry;
use std::time::Duration;

/// Most headers a request may have.
const MAX_HEADERS: usize = 64;

/// A request, as far as [`answer`](super::answer) cares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// `GET`, `HEAD`, `POST`.
    pub method: String,
    /// The path below where these pages are mounted; begins with `/`.
    pub path: String,
    /// What follows the `?`, not decoded.
    pub query: String,
    /// The token that came in the header `Authorization: Bearer TOKEN`.
    pub bearer: Option<String>,
}

impl Request {
    /// A request for that path, with the query as it came (without the `?`), not decoded.
    pub fn new(method: &str, path: &str, query: &str) -> Request {
        Request {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            bearer: None,
        }
    }

    /// With the value of its header `Authorization`, if there was one.
    pub fn authorization(mut self, value: Option<&str>) -> Request {
        let bearer = value.and_then(|v| v.strip_prefix("Bearer "));
        self.bearer = bearer.map(|t| t.trim().to_owned());
        self
    }

    /// The first value of that parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key) == name).then(|| decode(value))
        })
    }

    /// The parameter `seconds`, at most an hour. `Err`: it is no number, or negative.
    pub(super) fn seconds(&self) -> Result<Option<Duration>, &'static str> {
        let Some(text) = self.parameter("seconds") else {
            return Ok(None);
        };
        match text.parse::<f64>() {
            Ok(s) if (0.0..=3600.0).contains(&s) => Ok(Some(Duration::from_secs_f64(s))),
            _ => Err("seconds must be a number from 0 to 3600"),
        }
    }

    /// What a profile is asked.
    pub(super) fn of_profile(&self) -> Result<registry::Request, &'static str> {
        let number = |name| match self.parameter(name) {
            Some(text) => text.parse::<u32>().map(Some).map_err(|_| "not a number"),
            None => Ok(None),
        };
        let mut request = registry::Request::new();
        request.debug = number("debug")?.unwrap_or(0);
        request.gc = number("gc")?.unwrap_or(0) > 0;
        request.seconds = self.seconds()?.filter(|s| !s.is_zero());
        Ok(request)
    }
}

/// A head, and what of it the server needs.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) request: Request,
    pub(super) host: Option<String>,
    /// The connection may serve another request.
    pub(super) keep_alive: bool,
    /// Bytes of the head.
    pub(super) len: usize,
    /// Bytes that follow it and are skipped.
    pub(super) body: u64,
}

/// The head in `bytes`; `None`: there is more to come. `Err`: this is no such request, and why.
pub(super) fn parse(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut headers);
    let len = match parsed.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err("malformed request"),
    };
    let header = |name: &str| {
        let mut found = parsed.headers.iter();
        let found = found.find(|h| h.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(found.value).trim().to_owned())
    };
    let target = parsed.path.unwrap_or("/");
    // An absolute form names the host again.
    let target = match target.strip_prefix("http://") {
        Some(rest) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = match header("content-length") {
        Some(text) => text.parse().map_err(|_| "malformed Content-Length")?,
        None if header("transfer-encoding").is_some() => return Err("bodies must have a length"),
        None => 0,
    };
    let connection = header("connection")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let listed = |word: &str| connection.split(',').any(|w| w.trim() == word);
    Ok(Some(Head {
        request: Request::new(parsed.method.unwrap_or(""), &decode_path(path), query)
            .authorization(header("authorization").as_deref()),
        host: header("host"),
        keep_alive: if parsed.version == Some(1) {
            !listed("close")
        } else {
            listed("keep-alive")
        },
        len,
        body,
    }))
}

fn decode_path(path: &str) -> String {
    // A plus is a plus in a path.
    decode(&path.replace('+', "%2B"))
}

/// Undoes percent encoding; what is none stays.
fn decode(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'%')
            .then(|| after.get(..2))
            .flatten()
            .filter(|hex| hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(match code {
            Some(code) => code,
            None if byte == b'+' => b' ',
            None => byte,
        });
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_taken_apart() {
        let text = b"GET /debug/pprof/heap?debug=1&seconds=2.5&x=a%20b+c HTTP/1.1\r\nHost: h:1\r\n\
            Authorization: Bearer abc\r\nConnection: close\r\n\r\nrest";
        let head = parse(text).unwrap().unwrap();
        assert_eq!(head.request.path, "/debug/pprof/heap");
        assert_eq!(head.request.bearer.as_deref(), Some("abc"));
        assert_eq!(head.request.parameter("x").as_deref(), Some("a b c"));
        assert_eq!(head.request.parameter("y"), None);
        let asked = head.request.of_profile().unwrap();
        assert_eq!(
            (asked.debug, asked.seconds),
            (1, Some(Duration::from_millis(2500)))
        );
        assert_eq!((head.len, head.keep_alive), (text.len() - 4, false));
        for len in 0..head.len {
            assert!(parse(&text[..len]).unwrap().is_none(), "{len}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(parse(b"\x16\x03\x01\x02\x00\x01").is_err());
        assert!(parse(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n").is_err());
        assert!(parse(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        for query in [
            "seconds=-1",
            "seconds=x",
            "seconds=NaN",
            "debug=-1",
            "debug=x",
        ] {
            assert!(
                Request::new("GET", "/", query).of_profile().is_err(),
                "{query}"
            );
        }
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%F0%28"), "\u{fffd}(");
    }
}
