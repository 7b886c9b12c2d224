//! Categories 3 (reserved bits) and 4 (reserved opcodes): what came before is answered, then the error.

use super::{case, failure, goodbye, run};
use crate::common::{FIN, PING, PONG, Sent};

#[test]
fn reserved_bits() {
    let hello = b"Hello, world!".to_vec();
    let mut cases = Vec::new();
    for bits in 1..8u8 {
        for first in [0x81, 0x82, FIN | PING, FIN | PONG, 0x88] {
            cases.push(case(
                format!("3.{bits} on {first:#x}"),
                vec![(first | bits << 4, hello.clone()), goodbye()],
                vec![failure(1002)],
            ));
        }
        cases.push(case(
            format!("3.{bits} after a message, before a ping"),
            vec![
                (0x81, hello.clone()),
                (0x81 | bits << 4, hello.clone()),
                (FIN | PING, vec![]),
            ],
            vec![Sent(0x81, hello.clone()), failure(1002)],
        ));
    }
    run(cases);
}

#[test]
fn reserved_opcodes() {
    let hello = b"Hello, world!".to_vec();
    let mut cases = Vec::new();
    for opcode in (3..8).chain(11..16) {
        for payload in [vec![], hello.clone()] {
            cases.push(case(
                format!("4: opcode {opcode}"),
                vec![(FIN | opcode, payload.clone()), goodbye()],
                vec![failure(1002)],
            ));
            cases.push(case(
                format!("4: opcode {opcode} after a message, before a ping"),
                vec![
                    (0x81, hello.clone()),
                    (FIN | opcode, payload),
                    (FIN | PING, vec![]),
                ],
                vec![Sent(0x81, hello.clone()), failure(1002)],
            ));
        }
    }
    run(cases);
}
