//! Categories 1 (framing) and 2 (pings and pongs).

use super::{Case, case, goodbye, run};
use crate::common::{FIN, PING, PONG, Sent};

fn echoed(name: String, first: u8, payload: Vec<u8>) -> Case {
    case(
        name,
        vec![(first, payload.clone()), goodbye()],
        vec![Sent(first, payload), Sent(0x88, goodbye().1)],
    )
}

#[test]
fn messages_of_every_length_of_length() {
    let lengths = [0, 1, 125, 126, 127, 128, 65_535, 65_536];
    let mut cases = Vec::new();
    for (i, length) in lengths.into_iter().enumerate() {
        cases.push(echoed(format!("1.1.{}", i + 1), 0x81, vec![b'*'; length]));
        cases.push(echoed(format!("1.2.{}", i + 1), 0x82, vec![0xfe; length]));
    }
    run(cases);
}

#[test]
fn pings_are_answered() {
    let mut cases = Vec::new();
    let payloads: [&[u8]; 5] = [
        b"",
        b"Hello, world!",
        b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff",
        &[0xfe; 125],
        &[b'*'; 125],
    ];
    for (i, payload) in payloads.into_iter().enumerate() {
        cases.push(case(
            format!("2.{}", i + 1),
            vec![(FIN | PING, payload.to_vec()), goodbye()],
            vec![Sent(FIN | PONG, payload.to_vec()), Sent(0x88, goodbye().1)],
        ));
    }
    cases.push(case(
        "2.5: a ping of 126 bytes",
        vec![(FIN | PING, vec![0xfe; 126]), goodbye()],
        vec![super::failure(1002)],
    ));
    for payload in [&b""[..], b"unsolicited"] {
        cases.push(case(
            "2.7, 2.8: a pong nobody asked for",
            vec![(FIN | PONG, payload.to_vec()), goodbye()],
            vec![Sent(0x88, goodbye().1)],
        ));
    }
    cases.push(case(
        "2.9: a pong, then a ping",
        vec![
            (FIN | PONG, b"unsolicited".to_vec()),
            (FIN | PING, b"ping".to_vec()),
            goodbye(),
        ],
        vec![Sent(FIN | PONG, b"ping".to_vec()), Sent(0x88, goodbye().1)],
    ));
    let pings = (0..10).map(|i| (FIN | PING, format!("payload-{i}").into_bytes()));
    let pongs = pings.clone().map(|(_, payload)| Sent(FIN | PONG, payload));
    cases.push(case(
        "2.10, 2.11: ten pings",
        pings.chain([goodbye()]).collect(),
        pongs.chain([Sent(0x88, goodbye().1)]).collect(),
    ));
    run(cases);
}
