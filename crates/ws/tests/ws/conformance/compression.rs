//! Categories 12 (compression, by content and size) and 13 (by parameters).

use super::{case, failure, goodbye, run, run_with};
use crate::common::{CONT, FIN, Noise, PING, PONG, RSV1, Script, Sent, TEXT, prose, sent};
use gompa_ws::deflate::{Config, Params, deflate_message};
use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits, Upgrade};
use gompa_ws::{Decoder, Encoder, Kind, Limits, Role};

/// What both come to when the server answers to the client's offer.
fn agree(server: &Config, client: &Config) -> Params {
    let request = ClientRequest::new("h", "/").deflate(*client);
    let bytes = request.encode();
    let (upgrade, _) = Upgrade::parse(&bytes, HeadLimits::DEFAULT)
        .unwrap()
        .unwrap();
    let accepted = upgrade.accept(&Answer {
        deflate: Some(server),
        ..Answer::default()
    });
    let response = request.read_response(&accepted.response, HeadLimits::DEFAULT);
    assert_eq!(response.unwrap().unwrap().deflate, accepted.deflate);
    accepted.deflate.expect("agreed")
}

fn deflated(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    deflate_message(payload, 15, 6, &mut out);
    out
}

#[test]
fn frames_of_compressed_messages() {
    // The echo comes back as it is, to be compared.
    let agreed = Params {
        min_size: usize::MAX,
        ..agree(&Config::DEFAULT, &Config::DEFAULT)
    };
    let text = prose(3000);
    let packed = deflated(&text);
    let (a, b) = packed.split_at(packed.len() / 2);
    let end = || Sent(0x88, goodbye().1);
    let back = || Sent(0x81, text.clone());
    let first = FIN | RSV1 | TEXT;
    let cases = vec![
        case(
            "in one frame",
            vec![(first, packed.clone()), goodbye()],
            vec![back(), end()],
        ),
        case(
            "in fragments, with a ping between",
            vec![
                (RSV1 | TEXT, a.to_vec()),
                (FIN | PING, b"?".to_vec()),
                (CONT, vec![]),
                (FIN | CONT, b.to_vec()),
                goodbye(),
            ],
            vec![Sent(FIN | PONG, b"?".to_vec()), back(), end()],
        ),
        case(
            "with and without, in turn",
            vec![
                (0x81, text.clone()),
                (first, packed.clone()),
                (0x81, text.clone()),
                goodbye(),
            ],
            vec![back(), back(), back(), end()],
        ),
        case(
            "the bit on a continuation",
            vec![(RSV1 | TEXT, a.to_vec()), (FIN | RSV1 | CONT, b.to_vec())],
            vec![failure(1002)],
        ),
        case(
            "the bit on a ping",
            vec![(FIN | RSV1 | PING, vec![])],
            vec![failure(1002)],
        ),
        case(
            "RSV2",
            vec![(first | 0x20, packed.clone())],
            vec![failure(1002)],
        ),
        case(
            "no deflate",
            vec![(first, vec![0xff; 20])],
            vec![failure(1007)],
        ),
        case("cut off", vec![(first, a.to_vec())], vec![failure(1007)]),
        case(
            "inflates to no UTF-8",
            vec![(first, deflated(b"\xed\xa0\x80"))],
            vec![failure(1007)],
        ),
        case(
            "RFC 7692, 7.2.3: empty, two blocks, no compression, a last block",
            vec![
                (first, vec![0]),
                (
                    first,
                    b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00".to_vec(),
                ),
                (first, b"\x00\x05\x00\xfa\xffHello\x00".to_vec()),
                (first, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00".to_vec()),
                (first, b"\xf3\x48\xcd\xc9\xc9\x07\x00".to_vec()),
                goodbye(),
            ],
            ["", "Hello", "Hello", "Hello", "Hello"]
                .map(|t| Sent(0x81, t.into()))
                .into_iter()
                .chain([end()])
                .collect(),
        ),
    ];
    run_with(cases, Some(agreed), &[usize::MAX, 1, 7]);
    run(vec![case(
        "not agreed to",
        vec![(first, packed)],
        vec![failure(1002)],
    )]);
}

/// 12 and 13: a thousand messages there, each echoed, under these parameters.
fn converse(
    params: Params,
    size: usize,
    count: usize,
    compresses: bool,
    content: fn(&mut Noise, usize) -> Vec<u8>,
) {
    for role in [Role::Server, Role::Client] {
        let peer = match role {
            Role::Server => Role::Client,
            Role::Client => Role::Server,
        };
        let mut noise = Noise(size as u64 + 99);
        let mut encoder = Encoder::new(peer, Some(&params));
        let (mut bytes, mut messages) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let message = content(&mut noise, size);
            encoder.message(Kind::Binary, &message, &mut bytes);
            messages.push(message);
        }
        let output = super::echo(Script::new(&bytes, 4096), role, Some(params));
        let mut decoder = Decoder::new(peer, Limits::DEFAULT, Some(&params));
        let got = crate::common::decode(&mut decoder, [&output[..]]);
        assert_eq!(got.len(), count);
        for (got, message) in got.iter().zip(&messages) {
            assert!(
                *got == crate::common::Got::Binary(message.clone()),
                "{params:?}"
            );
        }
        let compressed = sent(&output, role == Role::Client);
        let some = compressed.iter().any(|f| f.0 & RSV1 != 0);
        assert!(some || size < params.min_size || params.level == 0 || !compresses);
    }
}

#[test]
fn sizes_and_contents() {
    let params = agree(&Config::DEFAULT, &Config::DEFAULT);
    let half =
        |noise: &mut Noise, size: usize| [noise.bytes(size / 2), prose(size - size / 2)].concat();
    for size in [
        0,
        16,
        64,
        256,
        1 << 10,
        4 << 10,
        8 << 10,
        32 << 10,
        128 << 10,
    ] {
        converse(params, size, if size > 9000 { 3 } else { 20 }, true, half);
        converse(params, size, 5, true, |_, size| prose(size));
    }
}

#[test]
fn every_set_of_parameters() {
    for forget in 0..4 {
        for bits in 8..=15 {
            for level in [0, 1, 6] {
                let config = Config {
                    level,
                    min_size: 0,
                    server_no_context_takeover: forget & 1 != 0,
                    client_no_context_takeover: forget & 2 != 0,
                    server_max_window_bits: bits,
                    client_max_window_bits: 23 - bits,
                };
                converse(agree(&config, &config), 3000, 4, true, |_, size| {
                    prose(size)
                });
                let noise = |noise: &mut Noise, size| noise.bytes(size);
                converse(agree(&config, &config), 700, 2, false, noise);
            }
        }
    }
}

#[test]
fn takeover_remembers() {
    let remember = Config {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        ..Config::DEFAULT
    };
    let params = agree(&remember, &remember);
    let mut encoder = Encoder::new(Role::Server, Some(&params));
    let message = Noise(7).bytes(1000);
    let mut lengths = Vec::new();
    for _ in 0..3 {
        let mut out = Vec::new();
        encoder.message(Kind::Binary, &message, &mut out);
        lengths.push(out.len());
    }
    // Noise does not compress, but for being there already.
    assert!(
        lengths[0] > 1000 && lengths[1] < 100 && lengths[2] < 100,
        "{lengths:?}"
    );
}
