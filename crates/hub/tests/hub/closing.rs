//! How connections end: which close code answers what.

use crate::common::raw::{Raw, frame};
use crate::common::{Hub, next};
use tungstenite::Message;

/// What is wrong, the bytes, the code.
type Case = (&'static str, Vec<u8>, u16);

fn bad() -> Vec<Case> {
    let mut unmasked = frame(0x81, b"");
    unmasked[1] = 0;
    unmasked.truncate(2);
    vec![
        ("unmasked", unmasked, 1002),
        ("reserved bit", frame(0xc1, b"x"), 1002),
        ("reserved opcode", frame(0x83, b"x"), 1002),
        ("reserved control opcode", frame(0x8b, b"x"), 1002),
        ("fragmented ping", frame(0x09, b"x"), 1002),
        ("long ping", frame(0x89, &[0; 126]), 1002),
        ("continuation of nothing", frame(0x80, b"x"), 1002),
        (
            "text inside text",
            [frame(0x01, b"x"), frame(0x81, b"x")].concat(),
            1002,
        ),
        ("half a close code", frame(0x88, &[3]), 1002),
        (
            "forbidden close code",
            frame(0x88, &1005u16.to_be_bytes()),
            1002,
        ),
        (
            "unknown close code",
            frame(0x88, &2999u16.to_be_bytes()),
            1002,
        ),
        ("not UTF-8", frame(0x81, &[0xc3, 0x28]), 1007),
        ("half a character", frame(0x81, &[0xc3]), 1007),
        (
            "not UTF-8, later",
            [frame(0x01, b"ok"), frame(0x80, &[0xff])].concat(),
            1007,
        ),
        ("close reason not UTF-8", frame(0x88, &[3, 232, 0xff]), 1007),
    ]
}

#[test]
fn what_is_wrong_is_answered_with_the_right_code() {
    let hub = Hub::start();
    for path in ["/ws?room=x", "/echo"] {
        for (what, bytes, code) in bad() {
            let mut raw = Raw::connect(&hub, path, &[]);
            raw.send(&bytes);
            // More behind it must not turn the close frame into a reset.
            raw.send(&frame(0x82, &[0; 5000]));
            assert_eq!(raw.closed(), Some(code), "{what} on {path}");
        }
    }
    hub.until("all are forgotten", |c| {
        c.sockets == 0 && c.connections == 0
    });
}

#[test]
fn a_bad_client_does_not_disturb_the_room() {
    let hub = Hub::start();
    let mut good = hub.join("/ws?room=x");
    for (what, bytes, code) in bad() {
        let mut raw = Raw::connect(&hub, "/ws?room=x", &[]);
        raw.send(&bytes);
        assert_eq!(raw.closed(), Some(code), "{what}");
        good.send(Message::text(what)).unwrap();
        assert_eq!(next(&mut good), Message::text(what));
    }
}

#[test]
fn too_big_is_1009() {
    let hub = Hub::with(|config| config.max_message = 1000);
    for bytes in [
        frame(0x82, &[0; 1001]),
        [frame(0x02, &[0; 600]), frame(0x80, &[0; 600])].concat(),
        vec![
            0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0,
        ],
    ] {
        let mut raw = Raw::connect(&hub, "/ws", &[]);
        raw.send(&frame(0x82, &[7; 1000]));
        assert_eq!(raw.frame(), Some((0x82, vec![7; 1000])));
        raw.send(&bytes);
        assert_eq!(raw.closed(), Some(1009));
    }
}

#[test]
fn a_close_is_answered_with_its_code_behind_what_was_said() {
    let hub = Hub::start();
    for (payload, answer) in [
        (vec![], None),
        (1000u16.to_be_bytes().to_vec(), Some(1000)),
        (b"\x03\xe9going away".to_vec(), Some(1001)),
        (4000u16.to_be_bytes().to_vec(), Some(4000)),
    ] {
        let mut raw = Raw::connect(&hub, "/echo", &[]);
        raw.send(&[frame(0x81, b"last words"), frame(0x88, &payload)].concat());
        assert_eq!(raw.frame(), Some((0x81, b"last words".to_vec())));
        assert_eq!(raw.closed(), answer);
    }
}

#[test]
fn the_end_of_the_hub_is_1001() {
    let mut hub = Hub::start();
    let mut raw: Vec<_> = ["/ws", "/ws?room=a", "/echo"]
        .map(|p| Raw::connect(&hub, p, &[]))
        .into();
    raw[0].send(&frame(0x81, b"before the end"));
    hub.until("it is said", |c| c.messages_out == 1);
    let serving = hub.serving.take().unwrap();
    let end = std::thread::spawn(|| serving.shutdown());
    assert_eq!(raw[0].frame(), Some((0x81, b"before the end".to_vec())));
    for mut raw in raw {
        assert_eq!(raw.closed(), Some(1001));
    }
    let summary = end.join().unwrap();
    assert_eq!(summary.cut_off, 0);
    assert_eq!(summary.snapshot.clients.sockets_opened, 3);
    assert!(
        std::net::TcpStream::connect(hub.addr).is_err(),
        "the port is closed"
    );
}

#[test]
fn who_does_not_go_is_cut_off_at_the_deadline() {
    let mut hub = Hub::with(|config| {
        config.deadline = std::time::Duration::from_millis(300);
        config.close_timeout = crate::common::LONG;
    });
    // Neither answers the close frame nor closes.
    let raw = Raw::connect(&hub, "/ws", &[]);
    let summary = hub.serving.take().unwrap().shutdown();
    assert_eq!(summary.cut_off, 1);
    assert!(summary.took < crate::common::LONG / 2, "{:?}", summary.took);
    drop(raw);
}
