//! What the Autobahn test suite asks, category by category, in tables of our own.
//!
//! Each case is what the peer sends; an endpoint that echoes every message runs over it, as server and
//! as client, with the bytes cut in different ways, and what it sends is compared. A strict reading is
//! asked for throughout: an error is answered when it can be seen, not later.

mod closing;
mod compression;
mod fragmentation;
mod framing;
mod limits;
mod reserved;
mod utf8;

use crate::common::{Script, Sent, frame, sent};
use gompa_ws::deflate::Params;
use gompa_ws::{Error, Event, Kind, Limits, Role, WebSocket};

/// What the peer does, and what must come back.
pub struct Case {
    name: String,
    /// First byte and payload of each frame.
    frames: Vec<(u8, Vec<u8>)>,
    /// Frames that must come back: first byte, payload. Of a close frame that tells an error, the code
    /// alone.
    expect: Vec<Sent>,
}

pub fn case(name: impl Into<String>, frames: Vec<(u8, Vec<u8>)>, expect: Vec<Sent>) -> Case {
    Case {
        name: name.into(),
        frames,
        expect,
    }
}

/// The close frame that ends an error.
pub fn failure(code: u16) -> Sent {
    Sent(0x88, code.to_be_bytes().into())
}

/// A normal end: what the peer sends, and what comes back.
pub fn goodbye() -> (u8, Vec<u8>) {
    (0x88, 1000u16.to_be_bytes().into())
}

pub fn run(cases: Vec<Case>) {
    run_with(cases, None, &[usize::MAX, 1, 2, 7, 997]);
}

pub fn run_with(cases: Vec<Case>, deflate: Option<Params>, cuts: &[usize]) {
    assert!(!cases.is_empty());
    for case in &cases {
        for role in [Role::Server, Role::Client] {
            for cut in cuts {
                let what = format!("{} as {role:?}, cut by {cut}", case.name);
                check(case, role, deflate, *cut, &what);
            }
        }
    }
}

fn check(case: &Case, role: Role, deflate: Option<Params>, cut: usize, what: &str) {
    let mut bytes = Vec::new();
    for (i, (first, payload)) in case.frames.iter().enumerate() {
        let key = (role == Role::Server).then_some([i as u8, 0x55, 0xaa, 0xff]);
        bytes.extend(frame(*first, payload, key));
    }
    let output = echo(Script::new(&bytes, cut), role, deflate);
    let mut output = sent(&output, role == Role::Client);
    if let (Some(got), Some(expected)) = (output.last_mut(), case.expect.last())
        && got.0 == 0x88
        && expected.1.len() == 2
    {
        got.1.truncate(2);
    }
    assert!(
        output == case.expect,
        "{what}: {output:02x?} and not {:02x?}",
        case.expect
    );
}

/// Echoes until the end, and gives back what it wrote.
pub fn echo(stream: Script, role: Role, deflate: Option<Params>) -> Vec<u8> {
    let mut socket = WebSocket::new(stream, role, Limits::DEFAULT, deflate.as_ref(), &[]);
    loop {
        let (kind, data) = match socket.read() {
            Ok(Event::Text(text)) => (Kind::Text, text.as_bytes().to_vec()),
            Ok(Event::Binary(data)) => (Kind::Binary, data.to_vec()),
            Ok(_) => continue,
            Err(Error::Eof | Error::Closed | Error::Protocol(_)) => {
                return socket.into_inner().output;
            }
            Err(Error::Io(error)) => panic!("{error}"),
        };
        socket.send(kind, &data).unwrap();
    }
}
