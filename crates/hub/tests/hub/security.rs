//! Who is kept out, and who is slowed.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use gompa_hub::access::{Claims, Origins, Secret};
use serde_json::json;
use tungstenite::Message;

use crate::common::json::Json;
use crate::common::raw::{Raw, frame};
use crate::common::{Hub, next};

fn upgrade(hub: &Hub, path: &str, headers: &str) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: hub.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n"
    );
    let mut stream = hub.tcp();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("a status");
    String::from_utf8_lossy(&answer[9..]).into_owned()
}

#[test]
fn pages_of_strangers_are_kept_out() {
    let hub = Hub::start();
    assert_eq!(upgrade(&hub, "/ws", ""), "101");
    assert_eq!(
        upgrade(&hub, "/ws", "Origin: http://hub.example\r\n"),
        "101"
    );
    assert_eq!(
        upgrade(&hub, "/ws", "Origin: http://evil.example\r\n"),
        "403"
    );
    assert_eq!(upgrade(&hub, "/echo", "Origin: null\r\n"), "403");
    assert_eq!(hub.serving().snapshot().clients.refused, 2);
    let hub = Hub::with(|config| {
        config.origins = Origins::parse(&["https://friend.example".into()]).unwrap();
    });
    assert_eq!(
        upgrade(&hub, "/ws", "Origin: https://friend.example\r\n"),
        "101"
    );
    assert_eq!(
        upgrade(&hub, "/ws", "Origin: https://evil.example\r\n"),
        "403"
    );
}

#[test]
fn tokens_open_rooms() {
    let secret = Secret::new(b"0123456789abcdef0123456789abcdef").unwrap();
    let token = |rooms: &[&str], publish: Option<bool>, admin| {
        secret.sign(&Claims {
            exp: u64::MAX,
            sub: Some("lhamo".into()),
            rooms: rooms.iter().map(|r| r.to_string()).collect(),
            publish,
            admin,
            ..Claims::default()
        })
    };
    let hub = Hub::with(|config| config.secret = Some(secret.clone()));
    let one = token(&["one"], None, false);
    assert_eq!(upgrade(&hub, "/ws?room=one", ""), "401");
    assert_eq!(
        upgrade(&hub, &format!("/ws?room=one&token={one}x"), ""),
        "401"
    );
    assert_eq!(
        upgrade(&hub, &format!("/ws?room=one&token={one}"), ""),
        "101"
    );
    assert_eq!(
        upgrade(
            &hub,
            "/ws?room=one",
            &format!("Authorization: Bearer {one}\r\n")
        ),
        "101"
    );
    assert_eq!(
        upgrade(&hub, &format!("/ws?room=two&token={one}"), ""),
        "403"
    );
    for path in ["/stats", "/stats/operator"] {
        assert!(hub.get(path).starts_with("HTTP/1.1 401 "), "{path}");
        assert!(
            hub.get(&format!("{path}?token={one}"))
                .starts_with("HTTP/1.1 401 ")
        );
        let admin = token(&[], None, true);
        assert!(
            hub.get(&format!("{path}?token={admin}"))
                .starts_with("HTTP/1.1 200 ")
        );
    }
    assert!(hub.get("/healthz").starts_with("HTTP/1.1 200 "));

    let mut json = Json(hub.join(&format!("/hub?token={one}")));
    assert_eq!(json.next()["type"], "welcome");
    assert_eq!(
        json.refused(json!({"type": "subscribe", "room": "two"})),
        "forbidden"
    );
    json.ask(json!({"type": "subscribe", "room": "one"}));
    json.send(json!({"type": "publish", "room": "one", "data": 1}));
    assert_eq!(json.next()["from"], "lhamo");

    let mute = token(&["one"], Some(false), false);
    let mut listener = Raw::connect(&hub, &format!("/ws?room=one&token={mute}"), &[]);
    json.send(json!({"type": "publish", "room": "one", "data": "for the mute"}));
    assert_eq!(listener.frame(), Some((0x81, b"for the mute".to_vec())));
    listener.send(&frame(0x81, b"let me speak"));
    assert_eq!(listener.closed(), Some(1008));
}

#[test]
fn no_more_connections_than_allowed() {
    let hub = Hub::with(|config| config.max_connections = 3);
    let sockets: Vec<_> = (0..3).map(|_| hub.join("/ws")).collect();
    assert!(hub.get("/healthz").starts_with("HTTP/1.1 503 "));
    assert!(hub.serving().snapshot().clients.full >= 1);
    drop(sockets);
    hub.until("places are given back", |c| c.connections == 0);
    hub.join("/ws");

    let hub = Hub::with(|config| config.max_per_address = 1);
    let first = hub.join("/ws");
    assert_eq!(hub.get("/")[9..12], *"429");
    drop(first);
    hub.until("the place is given back", |c| c.connections == 0);
    hub.join("/ws");
}

#[test]
fn behind_a_proxy_the_client_s_address_counts() {
    let hub = Hub::with(|config| {
        config.max_per_address = 1;
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    });
    let join = |address: &str| {
        let headers = format!("X-Forwarded-For: 6.6.6.6, {address}\r\n");
        let request = String::from_utf8(crate::common::raw::handshake("/ws")).unwrap();
        let request = request.replacen("\r\n\r\n", &format!("\r\n{headers}\r\n"), 1);
        let mut stream = hub.tcp();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        (String::from_utf8_lossy(&answer[9..]).into_owned(), stream)
    };
    let first = join("1.1.1.1");
    assert_eq!(first.0, "101");
    assert_eq!(join("1.1.1.1").0, "429");
    assert_eq!(join("2.2.2.2").0, "101");
}

#[test]
fn who_talks_too_fast_is_slowed() {
    let hub = Hub::with(|config| {
        config.max_rate = 50;
        config.burst = 10;
    });
    let mut fast = hub.join("/ws?room=x");
    let begin = Instant::now();
    for i in 0..30 {
        fast.send(Message::text(i.to_string())).unwrap();
    }
    for i in 0..30 {
        assert_eq!(next(&mut fast), Message::text(i.to_string()));
    }
    // Ten at once, the others twenty milliseconds apart; the last is heard before its wait.
    assert!(
        begin.elapsed() >= Duration::from_millis(370),
        "{:?}",
        begin.elapsed()
    );
    assert!(hub.serving().snapshot().clients.slowed >= 18);
}

#[test]
fn long_addresses_are_refused() {
    let hub = Hub::with(|config| config.max_url = 100);
    let long = format!("/ws?room=x&pad={}", "y".repeat(200));
    assert_eq!(upgrade(&hub, &long, ""), "414");
    assert!(hub.get("/?short").starts_with("HTTP/1.1 200 "));
}

#[test]
fn who_says_nothing_for_too_long_is_closed() {
    let hub = Hub::with(|config| {
        config.ping_interval = Duration::from_millis(80);
        config.idle_timeout = Duration::from_millis(300);
    });
    // It answers pings, and is closed all the same.
    let mut idle = Raw::connect(&hub, "/ws", &[]);
    loop {
        match idle.frame().expect("a close frame") {
            (0x89, _) => idle.send(&frame(0x8a, b"")),
            (0x88, payload) => break assert_eq!(payload[..2], 1001u16.to_be_bytes()),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(hub.serving().snapshot().clients.idle, 1);
}

/// Whatever is sent, the hub lives, and no goroutine panics.
#[test]
fn garbage_brings_nothing_down() {
    let hub = Hub::start();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    for round in 0..200 {
        let garbage: Vec<u8> = (0..random() % 300).map(|_| random() as u8).collect();
        let mut stream = hub.tcp();
        if round % 2 == 0 {
            let path = ["/ws", "/hub", "/echo"][round / 2 % 3];
            stream
                .write_all(&crate::common::raw::handshake(path))
                .unwrap();
        }
        // The hub may have closed already.
        let _ = stream.write_all(&garbage);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let _ = stream.read_to_end(&mut Vec::new());
    }
    hub.until("all are forgotten", |c| c.connections == 0);
    let clients = hub.serving().snapshot().clients;
    assert_eq!(clients.panics, 0, "{clients:?}");
    assert!(hub.get("/healthz").starts_with("HTTP/1.1 200 "));
}
