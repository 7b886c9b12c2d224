//! Hubs joined by a real Redis, which dies and comes back.

use std::net::TcpStream;
use std::time::Duration;

use gompa_hub::broker::redis::RedisConfig;
use serde_json::json;
use tungstenite::{Message, WebSocket};

use crate::common::json::Json;
use crate::common::programs::Redis;
use crate::common::{Hub, next, until};

fn hub(redis: &Redis, stream: usize) -> Hub {
    Hub::with(|config| {
        config.history = if stream == 0 { 0 } else { 5 };
        config.redis = Some(RedisConfig {
            url: redis.url().parse().unwrap(),
            prefix: "test:".into(),
            stream,
            buffer: 1 << 20,
        });
    })
}

fn is_connected(hub: &Hub) -> bool {
    hub.serving().operator().broker.connected
}

fn say(socket: &mut WebSocket<TcpStream>, range: std::ops::Range<u32>) {
    for i in range {
        socket.send(Message::text(i.to_string())).unwrap();
    }
}

fn expect(socket: &mut WebSocket<TcpStream>, range: std::ops::Range<u32>) {
    for i in range {
        assert_eq!(next(socket), Message::text(i.to_string()));
    }
}

#[test]
fn rooms_span_hubs_and_know_how_many_are_in_them() {
    let Some(redis) = Redis::start(false) else {
        return;
    };
    let (one, two) = (hub(&redis, 0), hub(&redis, 0));
    let mut a = one.join("/ws?room=x");
    let mut b = two.join("/ws?room=x");
    let mut other = two.join("/ws?room=y");
    let mut json = Json::join(&two);
    json.ask(json!({"type": "subscribe", "room": "x", "presence": true}));
    say(&mut a, 0..100);
    expect(&mut a, 0..100);
    expect(&mut b, 0..100);
    b.send(Message::binary(vec![0, 255])).unwrap();
    assert_eq!(next(&mut a), Message::binary(vec![0, 255]));
    assert_eq!(next(&mut b), Message::binary(vec![0, 255]));
    for i in 0..100 {
        assert_eq!(json.next_of("message")["data"], i.to_string());
    }
    while json.next_of("presence")["members"] != 3 {}
    other.send(Message::text("alone")).unwrap();
    assert_eq!(next(&mut other), Message::text("alone"));
    drop(a);
    while json.next_of("presence")["members"] != 2 {}
}

/// Every message said before, during and after the outage arrives once on both hubs, in order.
fn an_outage(durable: bool, stream: usize) {
    let Some(mut redis) = Redis::start(durable) else {
        return;
    };
    let (one, two) = (hub(&redis, stream), hub(&redis, stream));
    let mut a = one.join("/ws?room=x");
    let mut b = two.join("/ws?room=x");
    say(&mut a, 0..50);
    expect(&mut a, 0..50);
    expect(&mut b, 0..50);
    redis.kill();
    until("both notice", || !is_connected(&one) && !is_connected(&two));
    // It is said while there is no Redis, and waits.
    say(&mut a, 50..100);
    one.until("it has been heard", |c| c.messages_in == 100);
    assert!(one.serving().operator().broker.waiting > 0);
    redis.begin();
    until("both are back", || is_connected(&one) && is_connected(&two));
    say(&mut a, 100..150);
    expect(&mut a, 50..150);
    expect(&mut b, 50..150);
    for hub in [&one, &two] {
        let status = hub.serving().operator();
        let clients = &status.snapshot.clients;
        assert_eq!((status.broker.lost, clients.gaps), (1, 0), "{clients:?}");
    }
    until("nothing waits any more", || {
        one.serving().operator().broker.waiting == 0
    });
}

#[test]
fn redis_dies_and_comes_back_and_every_message_is_accounted_for() {
    an_outage(false, 0);
}

#[test]
fn likewise_with_streams() {
    an_outage(true, 1000);
}

/// A proxy in front of one hub's Redis that can be cut: so that the other goes on.
struct Cut {
    addr: std::net::SocketAddr,
    open: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Cut {
    fn before(redis: &Redis) -> Cut {
        use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let open = std::sync::Arc::new(AtomicBool::new(true));
        let (port, may) = (redis.port, open.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else {
                    continue;
                };
                for (mut from, mut to) in [
                    (client.try_clone().unwrap(), server.try_clone().unwrap()),
                    (server, client),
                ] {
                    let may = may.clone();
                    from.set_read_timeout(Some(Duration::from_millis(5)))
                        .unwrap();
                    std::thread::spawn(move || {
                        let mut buffer = [0; 4096];
                        while may.load(SeqCst) {
                            match std::io::Read::read(&mut from, &mut buffer) {
                                Ok(0) => break,
                                Ok(n) if may.load(SeqCst) => {
                                    if std::io::Write::write_all(&mut to, &buffer[..n]).is_err() {
                                        break;
                                    }
                                }
                                Ok(_) => break,
                                Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
                                Err(_) => break,
                            }
                        }
                        let _ = from.shutdown(std::net::Shutdown::Both);
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
            }
        });
        Cut { addr, open }
    }

    fn set(&self, open: bool) {
        self.open.store(open, std::sync::atomic::Ordering::SeqCst);
    }
}

/// One hub is cut off, after so many messages, while the other goes on: what it misses is announced,
/// or, with streams, comes.
fn one_is_cut_off(stream: usize, before: u32) {
    let Some(redis) = Redis::start(false) else {
        return;
    };
    let cut = Cut::before(&redis);
    let one = hub(&redis, stream);
    let two = Hub::with(|config| {
        config.redis = Some(RedisConfig {
            url: format!("redis://{}", cut.addr).parse().unwrap(),
            prefix: "test:".into(),
            stream,
            buffer: 1 << 20,
        });
    });
    let mut a = one.join("/ws?room=x");
    let mut raw = two.join("/ws?room=x");
    let mut json = Json::join(&two);
    json.ask(json!({"type": "subscribe", "room": "x"}));
    say(&mut a, 0..before);
    expect(&mut raw, 0..before);
    cut.set(false);
    until("it notices", || !is_connected(&two));
    say(&mut a, before..20);
    expect(&mut a, 0..20);
    cut.set(true);
    until("it is back", || is_connected(&two));
    if stream != 0 {
        expect(&mut raw, before..20);
        say(&mut a, 20..30);
        expect(&mut raw, 20..30);
        for i in 0..30 {
            assert_eq!(json.next_of("message")["data"], i.to_string());
        }
        assert_eq!(two.serving().snapshot().clients.gaps, 0);
        return;
    }
    say(&mut a, 20..21);
    for i in 0..10 {
        assert_eq!(json.next()["data"], i.to_string());
    }
    assert_eq!(json.next(), json!({"type": "gap", "room": "x"}));
    assert_eq!(json.next()["data"], "20");
    let Message::Close(Some(close)) = next(&mut raw) else {
        panic!("a raw client is to be closed");
    };
    assert_eq!(u16::from(close.code), 1012);
    assert_eq!(two.serving().snapshot().clients.gaps, 1);
}

#[test]
fn a_gap_is_announced() {
    one_is_cut_off(0, 10);
}

#[test]
fn a_gap_is_filled_from_the_stream() {
    one_is_cut_off(1000, 10);
    // And if nothing had been said.
    one_is_cut_off(1000, 0);
}

#[test]
fn a_hub_that_comes_later_has_the_history() {
    let Some(redis) = Redis::start(false) else {
        return;
    };
    let one = hub(&redis, 1000);
    let mut a = one.join("/ws?room=x");
    say(&mut a, 0..20);
    expect(&mut a, 0..20);
    let two = hub(&redis, 1000);
    until("it is connected", || is_connected(&two));
    let mut b = two.join("/ws?room=x");
    expect(&mut b, 15..20);
    say(&mut a, 20..25);
    expect(&mut b, 20..25);
}

#[test]
fn without_redis_it_serves_and_says_so() {
    let hub = Hub::with(|config| {
        config.deadline = Duration::from_millis(300);
        config.redis = Some(RedisConfig {
            url: format!("redis://127.0.0.1:{}", crate::common::programs::free_port())
                .parse()
                .unwrap(),
            prefix: "test:".into(),
            stream: 0,
            buffer: 1 << 20,
        });
    });
    until("it says why", || {
        hub.serving().operator().broker.error.is_some()
    });
    let mut echo = hub.join("/echo");
    echo.send(Message::text("still here")).unwrap();
    assert_eq!(next(&mut echo), Message::text("still here"));
}
