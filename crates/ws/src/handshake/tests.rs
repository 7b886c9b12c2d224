//! Heads, of both sides, right and wrong.

use super::*;
use crate::deflate::Config;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

fn request(line: &str, change: (&str, &[&str])) -> String {
    let mut head = format!("{line}\r\n");
    let mut headers = vec![
        ("Host", "server.example.com"),
        ("Upgrade", "WebSocket"),
        ("Connection", "keep-alive, Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", KEY),
    ];
    headers.retain(|(name, _)| *name != change.0);
    headers.extend(change.1.iter().map(|value| (change.0, *value)));
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    head + "\r\n"
}

fn parse(text: &str) -> Result<Option<(Upgrade<'_>, usize)>, Refusal> {
    Upgrade::parse(text.as_bytes(), HeadLimits::DEFAULT)
}

#[test]
fn the_example_of_the_rfc() {
    let text = request(
        "GET /chat?x=1 HTTP/1.1",
        ("Sec-WebSocket-Protocol", &["chat, superchat", "third"]),
    ) + "frames";
    let (upgrade, length) = parse(&text).unwrap().unwrap();
    assert_eq!(&text[length..], "frames");
    assert_eq!(upgrade.target(), "/chat?x=1");
    assert_eq!(upgrade.host(), "server.example.com");
    assert_eq!(upgrade.origin(), None);
    assert_eq!(upgrade.protocols(), ["chat", "superchat", "third"]);
    assert_eq!(upgrade.choose_protocol(&["x"]), None);
    let protocol = upgrade.choose_protocol(&["third", "superchat"]);
    assert_eq!(protocol, Some("superchat"));
    let accepted = upgrade.accept(&Answer {
        protocol,
        deflate: None,
        headers: &[("X-Hub", "1")],
    });
    assert_eq!(
        String::from_utf8(accepted.response).unwrap(),
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
         Sec-WebSocket-Protocol: superchat\r\nX-Hub: 1\r\n\r\n"
    );
}

#[test]
fn what_a_server_refuses() {
    use Refusal::*;
    let get = "GET / HTTP/1.1";
    for (line, change, refusal) in [
        ("POST / HTTP/1.1", ("", &[][..]), NotGet),
        ("GET / HTTP/1.0", ("", &[]), NotGet),
        (get, ("Content-Length", &["3"]), NotGet),
        (get, ("Transfer-Encoding", &["chunked"]), NotGet),
        (get, ("Host", &[]), Host),
        (get, ("Host", &["a", "b"]), Host),
        (get, ("Upgrade", &[]), NotUpgrade),
        (get, ("Upgrade", &["h2c"]), NotUpgrade),
        (get, ("Connection", &["close"]), NotUpgrade),
        (get, ("Sec-WebSocket-Version", &["8"]), Version),
        (get, ("Sec-WebSocket-Version", &[]), Version),
        (get, ("Sec-WebSocket-Version", &["13", "13"]), Version),
        (get, ("Sec-WebSocket-Key", &[]), Key),
        (get, ("Sec-WebSocket-Key", &[KEY, KEY]), Key),
        (get, ("Sec-WebSocket-Key", &["short=="]), Key),
        (
            get,
            ("Sec-WebSocket-Key", &["dGhlIHNhbXBsZSBub25j!!=="]),
            Key,
        ),
        (get, ("Origin", &["http://a", "http://b"]), Origin),
        (get, ("Sec-WebSocket-Protocol", &["a b"]), Lists),
        (get, ("Sec-WebSocket-Extensions", &["x;"]), Lists),
        ("\u{16}\u{3}\u{1}\0\0", ("", &[]), NotHttp),
    ] {
        let text = request(line, change);
        assert_eq!(parse(&text).unwrap_err(), refusal, "{text}");
        let response = String::from_utf8(refusal.response()).unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {} ", refusal.status())));
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("Content-Length: {}", body.len())),
            "{response}"
        );
    }
    assert!(
        String::from_utf8(Version.response())
            .unwrap()
            .contains("\r\nSec-WebSocket-Version: 13\r\n")
    );
    // A body of no bytes is none.
    assert!(parse(&request(get, ("Content-Length", &["0"]))).is_ok());
}

#[test]
fn heads_in_pieces_and_limits() {
    let text = request("GET / HTTP/1.1", ("", &[]));
    for part in 0..text.len() {
        assert!(matches!(parse(&text[..part]), Ok(None)), "{part}");
    }
    let exact = HeadLimits {
        bytes: text.len(),
        headers: 5,
    };
    assert!(Upgrade::parse(text.as_bytes(), exact).unwrap().is_some());
    for limits in [
        HeadLimits {
            bytes: text.len() - 1,
            ..exact
        },
        HeadLimits {
            headers: 4,
            ..exact
        },
    ] {
        let result = Upgrade::parse(text.as_bytes(), limits);
        assert_eq!(result.unwrap_err(), Refusal::HeadTooLong);
    }
    // Before its end, too.
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(9000));
    assert_eq!(parse(&endless).unwrap_err(), Refusal::HeadTooLong);
}

#[test]
#[should_panic(expected = "cannot stand in a header")]
fn no_line_breaks_into_an_answer() {
    let text = request("GET / HTTP/1.1", ("", &[]));
    let (upgrade, _) = parse(&text).unwrap().unwrap();
    let headers = &[("X", "a\r\nSet-Cookie: b")];
    let _ = upgrade.accept(&Answer {
        headers,
        ..Answer::default()
    });
}

#[test]
#[should_panic(expected = "none of the client's")]
fn no_subprotocol_of_ones_own() {
    let text = request("GET / HTTP/1.1", ("", &[]));
    let (upgrade, _) = parse(&text).unwrap().unwrap();
    let _ = upgrade.accept(&Answer {
        protocol: Some("chat"),
        ..Answer::default()
    });
}

fn client() -> ClientRequest {
    ClientRequest::new("h:1", "/x")
        .protocol("a")
        .protocol("b")
        .header("Origin", "http://h:1")
        .deflate(Config::DEFAULT)
}

#[test]
fn both_sides() {
    let client = client();
    let bytes = client.encode();
    let (upgrade, length) = Upgrade::parse(&bytes, HeadLimits::DEFAULT)
        .unwrap()
        .unwrap();
    assert_eq!(length, bytes.len());
    assert_eq!(upgrade.origin(), Some("http://h:1"));
    assert!(Origins::Same.allow(upgrade.origin(), Some(upgrade.host())));
    let accepted = upgrade.accept(&Answer {
        protocol: Some("b"),
        deflate: Some(&Config::DEFAULT),
        headers: &[],
    });
    let head = accepted.response.len();
    let mut response = accepted.response;
    response.extend(b"\x81\x00");
    for part in 0..head {
        assert_eq!(
            client.read_response(&response[..part], HeadLimits::DEFAULT),
            Ok(None)
        );
    }
    let established = client
        .read_response(&response, HeadLimits::DEFAULT)
        .unwrap();
    assert_eq!(
        established,
        Some(Established {
            protocol: Some("b".into()),
            deflate: accepted.deflate,
            head
        })
    );
    assert!(accepted.deflate.is_some());
}

#[test]
fn what_a_client_refuses() {
    use ResponseError::*;
    let client = client();
    let bytes = client.encode();
    let (upgrade, _) = Upgrade::parse(&bytes, HeadLimits::DEFAULT)
        .unwrap()
        .unwrap();
    let good = String::from_utf8(upgrade.accept(&Answer::default()).response).unwrap();
    let with = |line: &str| {
        good.replace(
            "Upgrade: websocket\r\n",
            &format!("Upgrade: websocket\r\n{line}\r\n"),
        )
    };
    for (text, error) in [
        (good.replace("101", "200"), Status(200)),
        (good.replace("101", "302"), Status(302)),
        (good.replace("websocket", "h2c"), NotUpgrade),
        (good.replace("Connection", "X"), NotUpgrade),
        (good.replace("Accept: ", "Accept: A"), Accept),
        (good.replace("Sec-WebSocket-Accept", "X"), Accept),
        (with("Sec-WebSocket-Protocol: c"), Protocol),
        (with("Sec-WebSocket-Protocol: a, b"), Protocol),
        (
            with("Sec-WebSocket-Extensions: foo"),
            crate::deflate::NegotiationError::NotOffered.into(),
        ),
        (
            with("Sec-WebSocket-Extensions: permessage-deflate"),
            crate::deflate::NegotiationError::NotHonoured.into(),
        ),
        ("nonsense\r\n\r\n".into(), NotHttp),
        ("HTTP/1.1 101 ".to_owned() + &"x".repeat(9000), HeadTooLong),
    ] {
        let result = client.read_response(text.as_bytes(), HeadLimits::DEFAULT);
        assert_eq!(result, Err(error), "{text}");
    }
}
