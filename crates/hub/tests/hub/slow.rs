//! Slow readers, silent clients, and those who talk faster than they listen.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::common::raw::{Raw, frame};
use crate::common::{Hub, LONG, next};
use gompa_hub::websocket::SlowReader;
use tungstenite::Message;

const BIG: usize = 100_000;

/// Says so much that a socket's buffers and the queue overflow, and hears all of it.
fn speak(hub: &Hub, messages: usize) {
    let mut speaker = hub.join("/ws?room=x");
    for i in 0..messages {
        let message = Message::binary(vec![i as u8; BIG]);
        speaker.send(message.clone()).unwrap();
        assert!(next(&mut speaker) == message, "{i}");
    }
}

#[test]
fn a_slow_reader_stalls_nobody_and_is_disconnected() {
    let hub = Hub::with(|config| {
        config.max_message = BIG;
        config.queue = 1 << 20;
        config.write_timeout = LONG * 2;
    });
    let mut slow = Raw::connect(&hub, "/ws?room=x", &[]);
    let begin = Instant::now();
    speak(&hub, 200);
    assert!(begin.elapsed() < LONG, "it waited for the slow one");
    hub.until("it is found slow", |c| c.slow_readers == 1);
    speak(&hub, 50);
    // When it reads again, it gets what was on the way and learns why no more comes.
    let mut whole = 0;
    let code = loop {
        match slow.frame().expect("a close frame") {
            (0x82, payload) => {
                assert!(payload == vec![whole as u8; BIG], "{whole}");
                whole += 1;
            }
            (0x88, payload) => break u16::from_be_bytes([payload[0], payload[1]]),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, 1013);
    assert!(whole > 0 && whole < 200, "{whole}");
    drop(slow);
    hub.until("it is forgotten", |c| c.sockets == 0);
}

#[test]
fn a_slow_reader_may_lose_the_oldest_instead() {
    let hub = Hub::with(|config| {
        config.max_message = BIG;
        config.queue = 1 << 20;
        config.write_timeout = LONG * 2;
        config.slow_reader = SlowReader::DropOldest;
    });
    let mut slow = Raw::connect(&hub, "/ws?room=x", &[]);
    speak(&hub, 200);
    let dropped = hub.serving().snapshot().clients.dropped_oldest;
    assert!(dropped > 0);
    let heard: Vec<u8> = (0..200 - dropped)
        .map(|_| {
            let (first, payload) = slow.frame().expect("a message");
            assert!(
                first == 0x82 && payload.len() == BIG && payload.iter().all(|b| *b == payload[0])
            );
            payload[0]
        })
        .collect();
    assert!(heard.is_sorted(), "{heard:?}");
    assert_eq!(heard.last(), Some(&199), "the newest are kept");
    slow.send(&frame(0x81, b"still here"));
    assert_eq!(slow.frame(), Some((0x81, b"still here".to_vec())));
}

#[test]
fn who_does_not_take_anything_is_dropped_after_the_write_timeout() {
    let hub = Hub::with(|config| {
        config.max_message = BIG;
        config.queue = 1 << 20;
        // The speaker is held to it as well, on however busy a machine.
        config.write_timeout = Duration::from_secs(3);
    });
    let slow = Raw::connect(&hub, "/ws?room=x", &[]);
    speak(&hub, 200);
    hub.until("it is gone", |c| c.sockets == 0 && c.connections == 0);
    drop(slow);
}

#[test]
fn who_talks_faster_than_it_listens_is_slowed_not_thrown_out() {
    const MESSAGES: u32 = 300;
    let hub = Hub::with(|config| {
        config.max_message = BIG;
        config.queue = 1 << 20;
        config.write_timeout = LONG;
    });
    let mut raw = Raw::connect(&hub, "/ws?room=x", &[]);
    let mut sender = raw.stream.try_clone().unwrap();
    let thread = std::thread::spawn(move || {
        for i in 0..MESSAGES {
            let bytes = frame(0x82, &i.to_be_bytes().repeat(BIG / 4));
            std::io::Write::write_all(&mut sender, &bytes).unwrap();
        }
    });
    std::thread::sleep(Duration::from_millis(300));
    for i in 0..MESSAGES {
        let (first, payload) = raw.frame().expect("a message");
        assert!(first == 0x82 && payload[..4] == i.to_be_bytes(), "{i}");
    }
    thread.join().unwrap();
    assert_eq!(hub.serving().snapshot().clients.slow_readers, 0);
}

#[test]
fn a_silent_client_is_pinged_then_dropped() {
    let hub = Hub::with(|config| config.ping_interval = Duration::from_millis(150));
    let mut dead = Raw::connect(&hub, "/ws", &[]);
    let mut alive = Raw::connect(&hub, "/ws", &[]);
    for _ in 0..6 {
        assert_eq!(alive.frame(), Some((0x89, vec![])));
        alive.send(&frame(0x8a, b""));
    }
    hub.until("the dead one is dropped", |c| c.timeouts == 1);
    assert_eq!(dead.frame(), Some((0x89, vec![])));
    assert_eq!(dead.frame(), None);
    alive.send(&frame(0x81, b"here"));
    loop {
        match alive.frame().expect("still connected") {
            (0x89, _) => alive.send(&frame(0x8a, b"")),
            other => break assert_eq!(other, (0x81, b"here".to_vec())),
        }
    }
}

#[test]
fn half_a_message_is_not_waited_for_for_ever() {
    let hub = Hub::with(|config| {
        config.write_timeout = Duration::from_millis(300);
        // The keeper looks eight times in this time; pings are not what ends it.
        config.ping_interval = LONG;
    });
    let mut patient = hub.join("/ws?room=x");
    let mut half = Raw::connect(&hub, "/ws?room=x", &[]);
    let whole = frame(0x82, &[7; BIG]);
    half.stream.write_all(&whole[..BIG / 2]).unwrap();
    hub.until("it is dropped", |c| c.timeouts == 1 && c.sockets == 1);
    patient.send(Message::text("still here")).unwrap();
    assert_eq!(next(&mut patient), Message::text("still here"));
}
