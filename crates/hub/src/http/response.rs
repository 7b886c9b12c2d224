//! A whole response, small enough to be written at once.

use std::borrow::Cow;

/// Status codes the hub uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the numbers say it
pub enum Status {
    Ok = 200,
    BadRequest = 400,
    Unauthorized = 401,
    Forbidden = 403,
    NotFound = 404,
    MethodNotAllowed = 405,
    RequestTimeout = 408,
    UriTooLong = 414,
    UpgradeRequired = 426,
    TooMany = 429,
    HeadTooLarge = 431,
    Unavailable = 503,
}

impl Status {
    /// The status of this number, among those a handshake may be refused with.
    pub fn of(number: u16) -> Status {
        match number {
            403 => Status::Forbidden,
            405 => Status::MethodNotAllowed,
            426 => Status::UpgradeRequired,
            431 => Status::HeadTooLarge,
            _ => Status::BadRequest,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::BadRequest => "Bad Request",
            Status::Unauthorized => "Unauthorized",
            Status::Forbidden => "Forbidden",
            Status::NotFound => "Not Found",
            Status::MethodNotAllowed => "Method Not Allowed",
            Status::RequestTimeout => "Request Timeout",
            Status::UriTooLong => "URI Too Long",
            Status::UpgradeRequired => "Upgrade Required",
            Status::TooMany => "Too Many Requests",
            Status::HeadTooLarge => "Request Header Fields Too Large",
            Status::Unavailable => "Service Unavailable",
        }
    }
}

/// What is sent back.
#[derive(Debug)]
pub struct Response {
    status: u16,
    reason: &'static str,
    content_type: &'static str,
    /// Whole header lines, each with its CR LF.
    extra: Cow<'static, str>,
    body: Cow<'static, [u8]>,
}

/// The page runs only what it brings, and nobody may frame it.
const POLICY: &str = "Content-Security-Policy: default-src 'none'; script-src 'self'; \
    style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'\r\nCache-Control: no-cache\r\n";

impl Response {
    /// Plain text: errors, mostly.
    pub fn text(status: Status, body: impl Into<Cow<'static, str>>) -> Response {
        let mut body = body.into().into_owned();
        body.push('\n');
        let extra = match status {
            Status::MethodNotAllowed => "Allow: GET, HEAD\r\n",
            Status::UpgradeRequired => {
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            }
            Status::Unavailable | Status::TooMany => "Retry-After: 1\r\n",
            Status::Unauthorized => "WWW-Authenticate: Bearer\r\n",
            _ => "",
        };
        Response {
            status: status as u16,
            reason: status.reason(),
            content_type: "text/plain; charset=utf-8",
            extra: extra.into(),
            body: body.into_bytes().into(),
        }
    }

    /// A part of the page.
    pub fn page(content_type: &'static str, body: &'static str) -> Response {
        Response {
            status: Status::Ok as u16,
            reason: Status::Ok.reason(),
            content_type,
            extra: POLICY.into(),
            body: body.as_bytes().into(),
        }
    }

    /// Figures of this moment.
    pub fn json(body: Vec<u8>) -> Response {
        Response {
            status: Status::Ok as u16,
            reason: Status::Ok.reason(),
            content_type: "application/json",
            extra: "Cache-Control: no-store\r\n".into(),
            body: body.into(),
        }
    }

    /// It is elsewhere on this host.
    pub fn moved(location: &'static str) -> Response {
        Response {
            status: 301,
            reason: "Moved Permanently",
            content_type: "text/plain; charset=utf-8",
            extra: format!("Location: {location}\r\n").into(),
            body: location.as_bytes().into(),
        }
    }

    /// An answer of the insight pages.
    pub fn foreign(answer: crate::rt::debug::http::Response) -> Response {
        let mut extra = String::from("Cache-Control: no-store\r\n");
        for (name, value) in &answer.headers {
            extra += &format!("{name}: {value}\r\n");
        }
        Response {
            status: answer.status,
            reason: answer.reason(),
            content_type: answer.content_type,
            extra: extra.into(),
            body: answer.body.into(),
        }
    }

    /// The bytes on the wire; without the body for HEAD.
    pub fn encode(&self, with_body: bool, keep_alive: bool) -> Vec<u8> {
        let mut out = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\
             X-Content-Type-Options: nosniff\r\n{}{}\r\n",
            self.status,
            self.reason,
            self.content_type,
            self.body.len(),
            self.extra,
            if keep_alive {
                ""
            } else {
                "Connection: close\r\n"
            },
        )
        .into_bytes();
        if with_body {
            out.extend_from_slice(&self.body);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_wire() {
        let response = Response::text(Status::MethodNotAllowed, "no");
        let text = String::from_utf8(response.encode(true, false)).unwrap();
        assert!(
            text.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"),
            "{text}"
        );
        assert!(text.contains("\r\nContent-Length: 3\r\n"), "{text}");
        assert!(text.contains("\r\nAllow: GET, HEAD\r\n"), "{text}");
        assert!(
            text.ends_with("\r\nConnection: close\r\n\r\nno\n"),
            "{text}"
        );
        let head = String::from_utf8(response.encode(false, true)).unwrap();
        assert!(
            head.contains("\r\nContent-Length: 3\r\n") && head.ends_with("\r\n\r\n"),
            "{head}"
        );
        assert!(!head.contains("Connection"), "{head}");
    }
}
