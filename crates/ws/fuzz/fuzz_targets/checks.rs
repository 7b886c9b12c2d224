//! What the fuzz targets check, which the replay of their corpora on a stable toolchain checks too.

use gompa_ws::deflate::{Config, Params};
use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits, Upgrade};
use gompa_ws::{Decoder, Encoder, Event, Kind, Limits, ProtocolError, Role};

/// An event, or the error that ends them, owned.
#[derive(Debug, PartialEq)]
enum Got {
    Message(Kind, Vec<u8>),
    Control(Vec<u8>),
    Close(Option<(u16, String)>),
    Failed(ProtocolError),
}

fn events(decoder: &mut Decoder, bytes: &[u8], size: usize) -> Vec<Got> {
    let mut got = Vec::new();
    for piece in bytes.chunks(size.max(1)) {
        let (mut piece, end) = (piece.to_vec(), piece.len());
        let mut at = 0;
        loop {
            match decoder.step(&mut piece[at..]) {
                Ok(step) => {
                    assert!(step.used <= end - at);
                    at += step.used;
                    got.push(match step.event {
                        Some(Event::Text(text)) => Got::Message(Kind::Text, text.into()),
                        Some(Event::Binary(data)) => Got::Message(Kind::Binary, data.into()),
                        Some(Event::Ping(data) | Event::Pong(data)) => Got::Control(data.into()),
                        Some(Event::Close(close)) => {
                            Got::Close(close.map(|c| (c.code.0, c.reason.into())))
                        }
                        None => break,
                    });
                }
                Err(error) => {
                    got.push(Got::Failed(one_of_several(error)));
                    return got;
                }
            }
        }
    }
    got
}

/// A compressed message may be wrong in several ways: which is seen first depends on how much of it is
/// inflated at a time, and so on how its bytes come. That it fails, and before which event, does not.
fn one_of_several(error: ProtocolError) -> ProtocolError {
    match error {
        ProtocolError::NotUtf8 | ProtocolError::MessageTooBig { .. } => ProtocolError::BadDeflate,
        error => error,
    }
}

const LIMITS: Limits = Limits {
    frame: 1 << 16,
    message: 1 << 16,
    fragments: 100,
};

/// Both sides' windows of so many bits, forgotten or not.
fn params(bits: u8, forgets: bool) -> Params {
    Params {
        server_no_context_takeover: forgets,
        client_no_context_takeover: forgets,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
        level: 1,
        min_size: 0,
    }
}

/// Any bytes, as frames: the same events however they are cut, and no message beyond the limit. What has
/// come whole can be sent again.
pub fn frames(data: &[u8]) {
    let [choice, cut, bytes @ ..] = data else {
        return;
    };
    let role = if choice & 1 == 0 {
        Role::Server
    } else {
        Role::Client
    };
    let params = params(8 + (choice >> 4 & 7), choice & 2 == 0);
    let params = (choice & 4 != 0).then_some(&params);
    let whole = events(&mut Decoder::new(role, LIMITS, params), bytes, usize::MAX);
    for size in [1, *cut as usize + 1] {
        let pieces = events(&mut Decoder::new(role, LIMITS, params), bytes, size);
        assert_eq!(pieces, whole, "cut by {size}");
    }
    let mut encoder = Encoder::new(role, params);
    let mut wire = Vec::new();
    for event in &whole {
        if let Got::Message(kind, message) = event {
            assert!(message.len() <= LIMITS.message);
            encoder.message(*kind, message, &mut wire);
        }
    }
    let peer = if role == Role::Server {
        Role::Client
    } else {
        Role::Server
    };
    let mut messages = whole
        .iter()
        .filter(|event| matches!(event, Got::Message(..)));
    for event in events(
        &mut Decoder::new(peer, Limits::DEFAULT, params),
        &wire,
        1000,
    ) {
        assert_eq!(Some(&event), messages.next());
    }
    assert_eq!(messages.next(), None);
}

/// Any bytes, as a request and as a response: what can be answered is answered by what can be sent.
pub fn handshake(data: &[u8]) {
    let limits = HeadLimits {
        bytes: 2000,
        headers: 20,
    };
    if let Ok(Some((upgrade, length))) = Upgrade::parse(data, limits) {
        assert!(length <= data.len() && length <= limits.bytes);
        let accepted = upgrade.accept(&Answer {
            protocol: upgrade.protocols().first().copied(),
            deflate: Some(&Config::DEFAULT),
            headers: &[],
        });
        assert!(accepted.response.starts_with(b"HTTP/1.1 101 "));
        assert!(accepted.response.ends_with(b"\r\n\r\n"));
        let head = String::from_utf8(accepted.response).expect("text");
        // No line that we have not written.
        let lines = head.trim_end().lines().count();
        let protocol = usize::from(!upgrade.protocols().is_empty());
        assert_eq!(
            lines,
            4 + protocol + usize::from(accepted.deflate.is_some())
        );
        // The same from a part and the rest.
        for part in 0..length {
            assert!(
                matches!(Upgrade::parse(&data[..part], limits), Ok(None)),
                "{part}"
            );
        }
    }
    let request = ClientRequest::new("h", "/")
        .protocol("a")
        .deflate(Config::DEFAULT);
    if let Ok(Some(established)) = request.read_response(data, limits) {
        unreachable!("nobody foresees the key: {established:?}");
    }
    // As a server's choice behind an answer that is right.
    let bytes = request.encode();
    let (upgrade, _) = Upgrade::parse(&bytes, HeadLimits::DEFAULT)
        .unwrap()
        .unwrap();
    let mut response = upgrade.accept(&Answer::default()).response;
    response.truncate(response.len() - 2);
    response.extend(b"Sec-WebSocket-Extensions: ");
    response.extend(data);
    response.extend(b"\r\n\r\n");
    if let Ok(Some(established)) = request.read_response(&response, HeadLimits::DEFAULT)
        && let Some(params) = established.deflate
    {
        assert!(params.server_no_context_takeover && params.client_no_context_takeover);
        assert!((8..=15).contains(&params.client_max_window_bits));
        assert!((8..=15).contains(&params.server_max_window_bits));
    }
}

/// Any bytes, as the payload of compressed messages: never more than the limit, the same however they
/// are cut and whatever is in the pools.
pub fn inflate(data: &[u8]) {
    let [choice, split, payload @ ..] = data else {
        return;
    };
    let params = params(8 + (choice >> 4 & 7), choice & 1 == 0);
    let limits = Limits {
        message: 1 << (choice >> 1 & 7) << 8,
        ..LIMITS
    };
    let mut wire = Vec::new();
    let (a, b) = payload.split_at(*split as usize % (payload.len() + 1));
    for (first, part) in [(0x42, a), (0x80, b), (0xc2, payload), (0xc2, a)] {
        let length = part.len() as u16;
        match length {
            0..126 => wire.extend([first, length as u8]),
            _ => wire.extend([first, 126, (length >> 8) as u8, length as u8]),
        }
        wire.extend(&part[..length as usize]);
    }
    let run = |size| {
        events(
            &mut Decoder::new(Role::Client, limits, Some(&params)),
            &wire,
            size,
        )
    };
    let whole = run(usize::MAX);
    for event in &whole {
        assert!(!matches!(event, Got::Message(_, message) if message.len() > limits.message));
    }
    assert_eq!(run(1), whole);
    assert_eq!(run(*split as usize + 2), whole);
}
