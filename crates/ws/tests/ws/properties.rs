//! Whatever is sent arrives, however it is cut: into fragments, and into pieces on the wire.

use crate::common::{CONT, FIN, Got, PING, PONG, decode, frame};
use gompa_ws::deflate::{Config, Params};
use gompa_ws::{Decoder, Encoder, Kind, Limits, ProtocolError, Reader, Role};
use proptest::collection::vec;
use proptest::prelude::*;

fn cases() -> ProptestConfig {
    let cases = std::env::var("WS_CASES").map_or(96, |n| n.parse().expect("a number"));
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A message, where it is cut into fragments, and what comes behind each.
#[derive(Debug, Clone)]
struct Message {
    text: bool,
    payload: Vec<u8>,
    cuts: Vec<usize>,
    between: Vec<Option<(bool, Vec<u8>)>>,
}

fn message() -> impl Strategy<Value = Message> {
    let payload = prop_oneof![
        vec(any::<u8>(), 0..300),
        "[a-zé€😀]{0,200}".prop_map(String::into_bytes),
        (any::<u8>(), 0..70_000usize).prop_map(|(byte, n)| vec![byte & 0x7f; n]),
    ];
    let control = proptest::option::of((any::<bool>(), vec(any::<u8>(), 0..126)));
    (
        payload,
        vec(any::<prop::sample::Index>(), 0..6),
        vec(control, 6),
    )
        .prop_map(|(payload, cuts, between)| {
            let mut cuts: Vec<usize> = cuts.iter().map(|i| i.index(payload.len() + 1)).collect();
            cuts.sort_unstable();
            Message {
                text: std::str::from_utf8(&payload).is_ok(),
                payload,
                cuts,
                between,
            }
        })
}

/// The message's frames on the wire, and the events they are.
fn encode(message: &Message, key: Option<[u8; 4]>, wire: &mut Vec<u8>, events: &mut Vec<Got>) {
    let mut from = 0;
    for i in 0..=message.cuts.len() {
        let last = i == message.cuts.len();
        let to = if last {
            message.payload.len()
        } else {
            message.cuts[i]
        };
        let opcode = match i {
            0 if message.text => 1,
            0 => 2,
            _ => CONT,
        };
        let fin = if last { FIN } else { 0 };
        wire.extend(frame(fin | opcode, &message.payload[from..to], key));
        from = to;
        if last {
            break;
        }
        if let Some((ping, payload)) = &message.between[i] {
            wire.extend(frame(FIN | if *ping { PING } else { PONG }, payload, key));
            events.push(match ping {
                true => Got::Ping(payload.clone()),
                false => Got::Pong(payload.clone()),
            });
        }
    }
    events.push(match message.text {
        true => Got::Text(String::from_utf8(message.payload.clone()).unwrap()),
        false => Got::Binary(message.payload.clone()),
    });
}

fn pieces<'a>(mut bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for size in sizes.iter().cycle() {
        if bytes.is_empty() {
            break;
        }
        let (piece, rest) = bytes.split_at((*size).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_fragmentation_arrives_whole(
        messages in vec(message(), 1..4),
        key in any::<Option<[u8; 4]>>(),
        sizes in vec(1..5000usize, 1..8),
    ) {
        let (mut wire, mut events) = (Vec::new(), Vec::new());
        for message in &messages {
            encode(message, key, &mut wire, &mut events);
        }
        let role = if key.is_some() { Role::Server } else { Role::Client };
        for sizes in [&sizes[..], &[usize::MAX], &[1, 3, 1, 250]] {
            let mut decoder = Decoder::new(role, Limits::DEFAULT, None);
            prop_assert!(decode(&mut decoder, pieces(&wire, sizes)) == events);
            prop_assert!(decoder.is_idle());
        }
        // And through a reader, over a stream.
        let mut reader = Reader::new(role, Limits::DEFAULT, None, &wire[..wire.len() / 2]);
        let mut stream = &wire[wire.len() / 2..];
        for event in &events {
            let got = Got::from(reader.read(&mut stream).unwrap());
            prop_assert!(got == *event);
        }
        prop_assert!(!reader.is_midway());
        // And where the caller waits, and says that there is something.
        let mut reader = Reader::new(role, Limits::DEFAULT, None, &wire[..wire.len() / 3]);
        let mut stream = &wire[wire.len() / 3..];
        for event in &events {
            if reader.rest() {
                reader.ready();
            }
            let got = Got::from(reader.read(&mut stream).unwrap());
            prop_assert!(got == *event);
        }
        prop_assert!(reader.rest());
    }

    /// Also bytes that are no frames, or wrong ones: however they come, the same events and the same
    /// error.
    #[test]
    fn any_split_gives_the_same(
        mut wire in vec(any::<u8>(), 0..400),
        good in vec(message(), 0..2),
        role in prop_oneof![Just(Role::Client), Just(Role::Server)],
        deflate in any::<bool>(),
        sizes in vec(1..40usize, 1..8),
    ) {
        let key = (role == Role::Server).then_some([1, 2, 3, 250]);
        let (mut before, mut events) = (Vec::new(), Vec::new());
        for message in &good {
            encode(message, key, &mut before, &mut events);
        }
        if let Some(first) = wire.first_mut() {
            // More often than not a known opcode.
            *first &= 0xcb;
        }
        before.extend(&wire);
        let params = params(&Config::DEFAULT);
        let limits = Limits { frame: 80_000, message: 80_000, fragments: 10 };
        let all = |sizes: &[usize]| {
            let mut decoder = Decoder::new(role, limits, deflate.then_some(&params));
            let mut got = decode(&mut decoder, pieces(&before, sizes));
            if deflate {
                got.iter_mut().for_each(one_of_several);
            }
            got
        };
        let whole = all(&[usize::MAX]);
        prop_assert_eq!(&whole[..events.len()], &events[..]);
        prop_assert_eq!(&all(&[1]), &whole);
        prop_assert_eq!(&all(&sizes), &whole);
    }

    #[test]
    fn what_is_encoded_is_decoded(
        messages in vec(message(), 1..6),
        level in 0..10u8,
        takeover in any::<(bool, bool)>(),
        bits in (8..=15u8, 8..=15u8),
        role in prop_oneof![Just(Role::Client), Just(Role::Server)],
        min_size in 0..100usize,
        sizes in vec(1..5000usize, 1..4),
    ) {
        let params = params(&Config {
            level,
            min_size,
            server_no_context_takeover: takeover.0,
            client_no_context_takeover: takeover.1,
            server_max_window_bits: bits.0,
            client_max_window_bits: bits.1,
        });
        let (peer, mut encoder) = match role {
            Role::Client => (Role::Server, Encoder::new(role, Some(&params))),
            Role::Server => (Role::Client, Encoder::new(role, Some(&params))),
        };
        let (mut wire, mut events) = (Vec::new(), Vec::new());
        for message in &messages {
            let kind = if message.text { Kind::Text } else { Kind::Binary };
            if message.cuts.len() == 1 {
                let (a, b) = message.payload.split_at(message.cuts[0]);
                encoder.fragment(kind, a, false, &mut wire);
                encoder.fragment(kind, b, true, &mut wire);
            } else {
                encoder.message(kind, &message.payload, &mut wire);
            }
            events.push(match message.text {
                true => Got::Text(String::from_utf8(message.payload.clone()).unwrap()),
                false => Got::Binary(message.payload.clone()),
            });
        }
        let mut decoder = Decoder::new(peer, Limits::DEFAULT, Some(&params));
        prop_assert!(decode(&mut decoder, pieces(&wire, &sizes)) == events);
    }
}

/// A compressed message that is wrong in several ways may tell any of them; see [`Decoder::step`].
fn one_of_several(got: &mut Got) {
    if let Got::Failed(ProtocolError::NotUtf8 | ProtocolError::MessageTooBig { .. }) = got {
        *got = Got::Failed(ProtocolError::BadDeflate);
    }
}

fn params(config: &Config) -> Params {
    Params {
        server_no_context_takeover: config.server_no_context_takeover,
        client_no_context_takeover: config.client_no_context_takeover,
        server_max_window_bits: config.server_max_window_bits,
        client_max_window_bits: config.client_max_window_bits,
        level: config.level,
        min_size: config.min_size,
    }
}
