//! `/echo`, as conformance tools use it.

use crate::common::raw::{Raw, frame};
use crate::common::{Hub, next};
use tungstenite::Message;

#[test]
fn each_message_comes_back() {
    let hub = Hub::start();
    let mut socket = hub.join("/echo");
    for n in [0, 1, 125, 126, 65_535, 65_536, 300_000] {
        for message in [
            Message::text("é".repeat(n / 2)),
            Message::binary(vec![n as u8; n]),
        ] {
            socket.send(message.clone()).unwrap();
            assert!(next(&mut socket) == message, "{n}");
        }
    }
    let mut other = hub.join("/echo");
    other.send(Message::text("mine")).unwrap();
    assert_eq!(next(&mut other), Message::text("mine"));
}

#[test]
fn as_many_fragments_as_you_like() {
    const FRAGMENTS: usize = 65_536;
    let hub = Hub::start();
    let mut raw = Raw::connect(&hub, "/echo", &[]);
    let mut bytes = frame(0x02, b"x");
    for _ in 2..FRAGMENTS {
        bytes.extend(frame(0x00, b"x"));
    }
    bytes.extend(frame(0x80, b"x"));
    raw.send(&bytes);
    assert!(raw.frame() == Some((0x82, vec![b'x'; FRAGMENTS])));
}

#[test]
fn sixty_four_mebibytes_and_not_a_byte_more() {
    let hub = Hub::start();
    let message = vec![0xa5; 64 << 20];
    let mut raw = Raw::connect(&hub, "/echo", &[]);
    let mut sender = raw.stream.try_clone().unwrap();
    let whole = frame(0x82, &message);
    let thread = std::thread::spawn(move || std::io::Write::write_all(&mut sender, &whole));
    assert!(raw.frame() == Some((0x82, message)));
    thread.join().unwrap().unwrap();
    // The length alone is enough to refuse it.
    let mut head = vec![0x82, 0xff];
    head.extend_from_slice(&((64u64 << 20) + 1).to_be_bytes());
    raw.send(&[head, vec![0; 4]].concat());
    assert_eq!(raw.closed(), Some(1009));
}

#[test]
fn a_ping_between_fragments_is_answered_at_once() {
    let hub = Hub::start();
    let mut raw = Raw::connect(&hub, "/echo", &[]);
    raw.send(&frame(0x01, b"hel"));
    raw.send(&frame(0x89, b"are you there?"));
    assert_eq!(raw.frame(), Some((0x8a, b"are you there?".to_vec())));
    raw.send(&frame(0x8a, b"unasked"));
    raw.send(&frame(0x80, b"lo"));
    assert_eq!(raw.frame(), Some((0x81, b"hello".to_vec())));
}

#[test]
fn every_ping_gets_its_pong() {
    let hub = Hub::start();
    let mut raw = Raw::connect(&hub, "/echo", &[]);
    let pings: Vec<u8> = (0..10u8).flat_map(|i| frame(0x89, &[i])).collect();
    raw.send(&pings);
    for i in 0..10 {
        assert_eq!(raw.frame(), Some((0x8a, vec![i])));
    }
}

#[test]
fn frames_may_come_with_the_handshake_and_byte_by_byte() {
    let hub = Hub::start();
    let mut raw = Raw::connect(&hub, "/echo", &frame(0x81, b"early"));
    assert_eq!(raw.frame(), Some((0x81, b"early".to_vec())));
    for byte in frame(0x81, "späť".as_bytes()) {
        raw.send(&[byte]);
    }
    assert_eq!(raw.frame(), Some((0x81, "späť".as_bytes().to_vec())));
}

#[test]
fn a_client_that_sends_much_before_it_reads_loses_nothing() {
    const MESSAGES: u32 = 200;
    let hub = Hub::start();
    let mut raw = Raw::connect(&hub, "/echo", &[]);
    let mut sender = raw.stream.try_clone().unwrap();
    let thread = std::thread::spawn(move || {
        for i in 0..MESSAGES {
            let bytes = frame(0x82, &i.to_be_bytes().repeat(25_000));
            std::io::Write::write_all(&mut sender, &bytes).unwrap();
        }
    });
    std::thread::sleep(std::time::Duration::from_millis(200));
    for i in 0..MESSAGES {
        let (_, payload) = raw.frame().expect("an echo");
        assert!(payload.len() == 100_000 && payload[..4] == i.to_be_bytes());
    }
    thread.join().unwrap();
}
