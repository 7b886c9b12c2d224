//! The opening handshake, RFC 6455 section 4.2.

use tungstenite::handshake::derive_accept_key;

use super::frame::Frame;
use crate::http::{Request, Response, Status};

/// The answer that turns the connection into a WebSocket, or the one that says why not.
pub fn accept(request: &Request) -> Result<Frame, Response> {
    if !request.lists("upgrade", "websocket") || !request.lists("connection", "upgrade") {
        return Err(Response::text(
            Status::UpgradeRequired,
            "this is a WebSocket: upgrade to it",
        ));
    }
    if !request.http11 || request.has_body() {
        return Err(bad("a handshake is a GET of HTTP/1.1 without a body"));
    }
    if single(request, "sec-websocket-version") != Some("13") {
        return Err(Response::text(
            Status::UpgradeRequired,
            "only version 13 is spoken here",
        ));
    }
    let key = single(request, "sec-websocket-key")
        .filter(|key| is_key(key))
        .ok_or_else(|| bad("Sec-WebSocket-Key must be 16 bytes in base64"))?;
    Ok(Frame::preamble(
        format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n\r\n",
            derive_accept_key(key.as_bytes())
        )
        .into_bytes(),
    ))
}

fn bad(reason: &'static str) -> Response {
    Response::text(Status::BadRequest, reason)
}

/// The value of a header that must be there exactly once.
fn single<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let mut values = request.headers(name);
    values.next().filter(|_| values.next().is_none())
}

/// Sixteen bytes in base64 are 22 digits and two signs of padding.
fn is_key(text: &str) -> bool {
    text.strip_suffix("==").is_some_and(|digits| {
        digits.len() == 22
            && digits
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::HeadReader;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    fn answer(line: &str, headers: &[(&str, &str)]) -> String {
        let mut head = format!("{line}\r\nHost: h\r\n");
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        let request = HeadReader::parse_for_tests(&(head + "\r\n"));
        let bytes = match accept(&request) {
            Ok(frame) => frame.bytes().to_vec(),
            Err(response) => response.encode(true, true),
        };
        String::from_utf8(bytes).unwrap()
    }

    fn with(change: (&str, Option<&str>)) -> String {
        let mut headers = vec![
            ("Upgrade", "WebSocket"),
            ("Connection", "keep-alive, Upgrade"),
            ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", KEY),
        ];
        headers.retain(|(name, _)| *name != change.0);
        headers.extend(change.1.map(|value| (change.0, value)));
        answer("GET /ws HTTP/1.1", &headers)
    }

    #[test]
    fn the_example_of_the_rfc() {
        let text = with(("X", None));
        assert!(text.starts_with("HTTP/1.1 101 "), "{text}");
        assert!(
            text.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
            "{text}"
        );
    }

    #[test]
    fn what_is_refused() {
        for (change, status) in [
            (("Upgrade", None), 426),
            (("Connection", Some("close")), 426),
            (("Sec-WebSocket-Version", Some("8")), 426),
            (("Sec-WebSocket-Version", None), 426),
            (("Sec-WebSocket-Key", None), 400),
            (("Sec-WebSocket-Key", Some("short==")), 400),
            (("Sec-WebSocket-Key", Some("dGhlIHNhbXBsZSBub25j!!==")), 400),
            (("Content-Length", Some("3")), 400),
        ] {
            let text = with(change);
            assert!(
                text.starts_with(&format!("HTTP/1.1 {status} ")),
                "{change:?}: {text}"
            );
        }
        assert!(
            with(("Sec-WebSocket-Version", Some("8")))
                .contains("\r\nSec-WebSocket-Version: 13\r\n")
        );
    }
}
