//! Category 7: closing.

use super::{case, failure, goodbye, run};
use crate::common::{CLOSE, CONT, FIN, PING, Sent, TEXT};

fn close(code: u16, reason: &[u8]) -> (u8, Vec<u8>) {
    (FIN | CLOSE, [&code.to_be_bytes()[..], reason].concat())
}

#[test]
fn order() {
    let hello = b"Hello World!".to_vec();
    let end = || Sent(0x88, goodbye().1);
    run(vec![
        case(
            "7.1.1: a message, then the end",
            vec![(0x81, hello.clone()), goodbye()],
            vec![Sent(0x81, hello.clone()), end()],
        ),
        case("7.1.2: twice", vec![goodbye(), goodbye()], vec![end()]),
        case(
            "7.1.3: a ping behind it",
            vec![goodbye(), (FIN | PING, vec![])],
            vec![end()],
        ),
        case(
            "7.1.4: a text behind it",
            vec![goodbye(), (0x81, hello.clone())],
            vec![end()],
        ),
        case(
            "7.1.5: in a message",
            vec![
                (TEXT, b"fragment1".to_vec()),
                goodbye(),
                (FIN | CONT, b"fragment2".to_vec()),
            ],
            vec![end()],
        ),
        case(
            "7.1.6: much behind it",
            vec![
                (0x81, vec![b'B'; 256 << 10]),
                (0x81, hello.clone()),
                goodbye(),
                (FIN | PING, vec![]),
            ],
            vec![Sent(0x81, vec![b'B'; 256 << 10]), Sent(0x81, hello), end()],
        ),
    ]);
}

#[test]
fn payloads() {
    let answer = |code: u16| Sent(0x88, code.to_be_bytes().into());
    run(vec![
        case(
            "7.3.1: empty",
            vec![(0x88, vec![])],
            vec![Sent(0x88, vec![])],
        ),
        case(
            "7.3.2: one byte",
            vec![(0x88, vec![b'a'])],
            vec![failure(1002)],
        ),
        case("7.3.3: a code", vec![close(1000, b"")], vec![answer(1000)]),
        case(
            "7.3.4: a reason",
            vec![close(1000, b"Hello World!")],
            vec![answer(1000)],
        ),
        case(
            "7.3.5: 123 bytes",
            vec![close(1000, &[b'*'; 123])],
            vec![answer(1000)],
        ),
        case(
            "7.3.6: 124 bytes",
            vec![close(1000, &[b'*'; 124])],
            vec![failure(1002)],
        ),
        case(
            "7.5.1: not UTF-8",
            vec![close(1000, b"\xce\xba\xed\xa0\x80edited")],
            vec![failure(1007)],
        ),
        case(
            "in fragments",
            vec![(CLOSE, close(1000, b"").1)],
            vec![failure(1002)],
        ),
    ]);
}

#[test]
fn codes() {
    let mut cases = Vec::new();
    for code in [
        1000u16, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999,
        4000, 4999,
    ] {
        let answer = Sent(0x88, code.to_be_bytes().into());
        cases.push(case(
            format!("7.7: {code}"),
            vec![close(code, b"")],
            vec![answer],
        ));
    }
    for code in [
        0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
    ] {
        cases.push(case(
            format!("7.9, 7.13: {code}"),
            vec![close(code, b"")],
            vec![failure(1002)],
        ));
    }
    run(cases);
}
