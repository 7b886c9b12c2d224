//! Compression beyond the wire: bombs, memory, prepared messages.

use crate::common::{FIN, Got, RSV1, TEXT, decode, frame, prose};
use gompa_ws::deflate::{Config, Params, deflate_message};
use gompa_ws::{Decoder, Encoder, Kind, Limits, Prepared, ProtocolError, Role};

pub fn params(bits: u8, forgets: bool) -> Params {
    Params {
        server_no_context_takeover: forgets,
        client_no_context_takeover: forgets,
        server_max_window_bits: bits,
        client_max_window_bits: bits,
        level: 6,
        min_size: 0,
    }
}

#[test]
fn a_bomb_stops_at_the_limit() {
    let mut bomb = Vec::new();
    deflate_message(&vec![b'0'; 4 << 20], 15, 9, &mut bomb);
    assert!(bomb.len() < 64 << 10);
    let limit = 1 << 20;
    for forgets in [true, false] {
        for cut in [usize::MAX, 1000] {
            let params = params(15, forgets);
            let mut decoder = Decoder::new(Role::Client, Limits::bytes(limit), Some(&params));
            let wire = frame(FIN | RSV1 | TEXT, &bomb, None);
            let got = decode(&mut decoder, wire.chunks(cut.min(wire.len())));
            assert_eq!(got, [Got::Failed(ProtocolError::MessageTooBig { limit })]);
        }
    }
    // In many fragments, none of which is big.
    let mut wire = frame(RSV1 | TEXT, &[], None);
    for part in bomb.chunks(10) {
        wire.extend(frame(0, part, None));
    }
    let mut decoder = Decoder::new(Role::Client, Limits::bytes(limit), Some(&params(15, true)));
    assert_eq!(
        decode(&mut decoder, [&wire[..]]),
        [Got::Failed(ProtocolError::MessageTooBig { limit })]
    );
}

/// A last block may come before the end of a message (RFC 7692, 7.2.3.4), and begins all anew; a
/// message of nothing else is work, and no message.
#[test]
fn last_blocks_are_counted() {
    const LAST: [u8; 2] = [3, 0];
    for forgets in [true, false] {
        for (blocks, whole) in [(1, true), (60, true), (70, false)] {
            let wire = frame(FIN | RSV1 | TEXT, &LAST.repeat(blocks), None);
            let params = params(15, forgets);
            let mut decoder = Decoder::new(Role::Client, Limits::DEFAULT, Some(&params));
            // Each message has its own.
            let got = decode(&mut decoder, [&wire[..], &wire[..]]);
            if whole {
                assert_eq!(got, [Got::Text(String::new()), Got::Text(String::new())]);
            } else {
                assert_eq!(got, [Got::Failed(ProtocolError::BadDeflate)]);
            }
        }
    }
}

#[test]
fn exactly_the_limit_is_allowed() {
    for size in [0, 1, 100, 5000, 70_000] {
        let text = prose(size);
        let mut packed = Vec::new();
        deflate_message(&text, 15, 6, &mut packed);
        let wire = frame(FIN | RSV1 | TEXT, &packed, None);
        for (limit, whole) in [(size, true), (size.saturating_sub(1), size == 0)] {
            let limits = Limits {
                message: limit,
                ..Limits::DEFAULT
            };
            let mut decoder = Decoder::new(Role::Client, limits, Some(&params(15, true)));
            let expected = match whole {
                true => Got::Text(String::from_utf8(text.clone()).unwrap()),
                false => Got::Failed(ProtocolError::MessageTooBig { limit }),
            };
            assert_eq!(
                decode(&mut decoder, [&wire[..]]),
                [expected],
                "{size} {limit}"
            );
        }
    }
}

#[test]
fn limits_without_compression() {
    let limits = Limits {
        frame: 100,
        message: 150,
        fragments: 3,
    };
    let run = |frames: &[(u8, usize)]| {
        let wire: Vec<u8> = frames
            .iter()
            .flat_map(|(first, size)| frame(*first, &vec![b'x'; *size], None))
            .collect();
        decode(&mut Decoder::new(Role::Client, limits, None), [&wire[..]])
    };
    let binary = |n| Got::Binary(vec![b'x'; n]);
    assert_eq!(run(&[(0x82, 100), (0x82, 100)]), [binary(100), binary(100)]);
    assert_eq!(run(&[(2, 100), (0x80, 50)]), [binary(150)]);
    assert_eq!(
        run(&[(0x82, 101)]),
        [Got::Failed(ProtocolError::FrameTooBig {
            length: 101,
            limit: 100
        })]
    );
    assert_eq!(
        run(&[(2, 100), (0x80, 51)]),
        [Got::Failed(ProtocolError::MessageTooBig { limit: 150 })]
    );
    assert_eq!(run(&[(2, 1), (0, 1), (0x80, 1)]), [binary(3)]);
    assert_eq!(
        run(&[(2, 0), (0, 0), (0, 0), (0, 0)]),
        [Got::Failed(ProtocolError::TooManyFragments { limit: 3 })]
    );
    // A header alone is enough, and nothing is allocated for what it announces.
    let header = [0x82, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255];
    let got = decode(
        &mut Decoder::new(Role::Client, Limits::DEFAULT, None),
        [&header[..]],
    );
    assert!(matches!(
        got[..],
        [Got::Failed(ProtocolError::FrameTooBig { .. })]
    ));
    // Nor with limits that allow everything.
    let limits = Limits {
        frame: u64::MAX,
        message: usize::MAX,
        fragments: u32::MAX,
    };
    let mut decoder = Decoder::new(Role::Client, limits, None);
    assert_eq!(decode(&mut decoder, [&header[..], b"abc"]), []);
    assert!(!decoder.is_idle());
}

#[test]
fn a_prepared_message_is_compressed_once() {
    let text = prose(5000);
    let message = Prepared::new(Kind::Text, &text);
    assert_eq!((message.kind(), message.payload()), (Kind::Text, &text[..]));
    for bits in 8..=15 {
        let params = params(bits, true);
        let frame = message.frame(Some(&params));
        assert!(std::ptr::eq(
            frame.bytes(),
            message.frame(Some(&params)).bytes()
        ));
        assert!(frame.is_message() && frame.is_compressed());
        assert!(frame.bytes().len() < text.len() / 2);
        let mut decoder = Decoder::new(Role::Client, Limits::DEFAULT, Some(&params));
        let got = decode(&mut decoder, [frame.bytes()]);
        assert!(got == [Got::Text(String::from_utf8(text.clone()).unwrap())]);
        assert!(decoder.is_idle());
    }
    // A window that is larger than the message is as good as any.
    let frame = |bits| message.frame(Some(&params(bits, true))).bytes();
    assert!(std::ptr::eq(frame(13), frame(15)));
    assert!(!std::ptr::eq(frame(12), frame(15)));
    // No gain, or too short: as it is.
    let noise = crate::common::Noise(1).bytes(500);
    let message = Prepared::new(Kind::Binary, &noise);
    assert_eq!(message.frame(Some(&params(15, true))), message.plain());
    let message = Prepared::new(Kind::Text, b"short");
    let config = Config::DEFAULT;
    let long = Params {
        min_size: config.min_size,
        ..params(15, true)
    };
    assert_eq!(message.frame(Some(&long)), message.plain());
    assert_eq!(message.frame(None).bytes(), b"\x81\x05short");
}

#[test]
fn prepared_messages_between_those_with_memory() {
    let params = params(15, false);
    let mut encoder = Encoder::new(Role::Server, Some(&params));
    let mut decoder = Decoder::new(Role::Client, Limits::DEFAULT, Some(&params));
    let shared = Prepared::new(Kind::Text, &prose(3000));
    for size in [100, 2000, 100, 40_000, 2000] {
        let text = prose(size);
        let mut wire = Vec::new();
        encoder.message(Kind::Text, &text, &mut wire);
        wire.extend(encoder.prepared(&shared).bytes());
        encoder.message(Kind::Text, &text, &mut wire);
        let expected = [text.clone(), prose(3000), text]
            .map(|text| Got::Text(String::from_utf8(text).unwrap()));
        assert!(decode(&mut decoder, [&wire[..]]) == expected, "{size}");
    }
}

/// A fuzzer's find: with memory, an empty message was nothing at all.
#[test]
fn empty_messages_between_those_with_memory() {
    for role in [Role::Server, Role::Client] {
        for (bits, level) in [(8, 6), (9, 0), (12, 1), (15, 6), (15, 9)] {
            let params = Params {
                level,
                ..params(bits, false)
            };
            let peer = match role {
                Role::Server => Role::Client,
                Role::Client => Role::Server,
            };
            let mut encoder = Encoder::new(role, Some(&params));
            let mut decoder = Decoder::new(peer, Limits::DEFAULT, Some(&params));
            let (mut wire, mut expected) = (Vec::new(), Vec::new());
            for size in [0, 0, 5, 0, 3000, 0, 0, 3000, 1, 0] {
                let text = prose(size);
                encoder.message(Kind::Text, &text, &mut wire);
                expected.push(Got::Text(String::from_utf8(text).unwrap()));
            }
            assert!(
                decode(&mut decoder, [&wire[..]]) == expected,
                "{role:?}, {bits} bits, level {level}"
            );
        }
    }
}

#[test]
fn frames_for_many_threads() {
    let message = Prepared::new(Kind::Text, &prose(20_000));
    let lengths: Vec<usize> = std::thread::scope(|scope| {
        let ask = |bits: u8| message.frame(Some(&params(bits, true))).bytes().len();
        let threads: Vec<_> = (0..8)
            .map(|i| scope.spawn(move || ask(12 + i % 4)))
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(lengths[..4], lengths[4..]);
}
