//! Category 5: fragments, and control frames between them.

use super::{case, failure, goodbye, run};
use crate::common::{BINARY, CONT, FIN, PING, PONG, Sent, TEXT};

fn f(first: u8, payload: &str) -> (u8, Vec<u8>) {
    (first, payload.as_bytes().to_vec())
}

fn s(first: u8, payload: &str) -> Sent {
    Sent(first, payload.as_bytes().to_vec())
}

#[test]
fn fragments() {
    let end = || Sent(0x88, goodbye().1);
    run(vec![
        case(
            "5.1",
            vec![f(PING, "fragment1"), f(FIN | CONT, "fragment2")],
            vec![failure(1002)],
        ),
        case(
            "5.2",
            vec![f(PONG, "fragment1"), f(FIN | CONT, "fragment2")],
            vec![failure(1002)],
        ),
        case(
            "5.3 to 5.5",
            vec![f(TEXT, "fragment1"), f(FIN | CONT, "fragment2"), goodbye()],
            vec![s(0x81, "fragment1fragment2"), end()],
        ),
        case(
            "5.6 to 5.8: a ping between",
            vec![
                f(TEXT, "fragment1"),
                f(FIN | PING, "ping"),
                f(FIN | CONT, "fragment2"),
                goodbye(),
            ],
            vec![s(FIN | PONG, "ping"), s(0x81, "fragment1fragment2"), end()],
        ),
        case(
            "5.9 to 5.11: nothing to continue, FIN",
            vec![f(FIN | CONT, "x"), f(FIN | TEXT, "Hello")],
            vec![failure(1002)],
        ),
        case(
            "5.12 to 5.14: nothing to continue, no FIN",
            vec![f(CONT, "x"), f(FIN | TEXT, "Hello")],
            vec![failure(1002)],
        ),
        case(
            "5.15: after a whole message, nothing to continue",
            vec![
                f(TEXT, "fragment1"),
                f(FIN | CONT, "fragment2"),
                f(CONT, "fragment3"),
                f(FIN | TEXT, "fragment4"),
            ],
            vec![s(0x81, "fragment1fragment2"), failure(1002)],
        ),
        case(
            "5.16, 5.17: continued first",
            vec![
                f(CONT, "fragment1"),
                f(TEXT, "fragment2"),
                f(FIN | CONT, "fragment3"),
            ],
            vec![failure(1002)],
        ),
        case(
            "5.18: a text in a text",
            vec![f(TEXT, "fragment1"), f(FIN | TEXT, "fragment2")],
            vec![failure(1002)],
        ),
        case(
            "5.19, 5.20: pings between, and a pause",
            vec![
                f(TEXT, "fragment1"),
                f(CONT, "fragment2"),
                f(FIN | PING, "pongme 1!"),
                f(CONT, "fragment3"),
                f(CONT, "fragment4"),
                f(FIN | PING, "pongme 2!"),
                f(FIN | CONT, "fragment5"),
                goodbye(),
            ],
            vec![
                s(FIN | PONG, "pongme 1!"),
                s(FIN | PONG, "pongme 2!"),
                s(0x81, "fragment1fragment2fragment3fragment4fragment5"),
                end(),
            ],
        ),
        case(
            "a close frame in a message",
            vec![
                f(BINARY, "fragment1"),
                goodbye(),
                f(FIN | CONT, "fragment2"),
            ],
            vec![end()],
        ),
        case(
            "empty fragments",
            vec![
                f(BINARY, ""),
                f(CONT, ""),
                f(CONT, "x"),
                f(CONT, ""),
                f(FIN | CONT, ""),
                goodbye(),
            ],
            vec![s(0x82, "x"), end()],
        ),
    ]);
}
