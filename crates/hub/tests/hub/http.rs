//! The page, the figures, and what is refused.

use std::io::{Read, Write};
use std::time::Duration;

use crate::common::Hub;
use serde_json::Value;

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").expect("a head").1
}

#[test]
fn the_page_is_whole_and_needs_nobody_else() {
    let hub = Hub::start();
    let html = hub.get("/");
    assert!(html.starts_with("HTTP/1.1 200 OK\r\n"), "{html}");
    assert!(html.contains("\r\nContent-Type: text/html; charset=utf-8\r\n"));
    assert!(html.contains("default-src 'none'"));
    for (path, kind) in [
        ("/hub.css", "text/css"),
        ("/chat.js", "text/javascript"),
        ("/panel.js", "text/javascript"),
    ] {
        assert!(body(&html).contains(path), "the page uses {path}");
        let part = hub.get(path);
        assert!(part.starts_with("HTTP/1.1 200 OK\r\n"), "{part}");
        assert!(part.contains(&format!("\r\nContent-Type: {kind}; charset=utf-8\r\n")));
        assert!(body(&part).len() > 1000);
        assert!(
            !body(&part).contains("https://"),
            "{path} names another host"
        );
    }
    assert!(!body(&html).contains("https://"));
}

#[test]
fn figures() {
    let hub = Hub::start();
    let mut socket = hub.join("/ws?room=a");
    socket.send(tungstenite::Message::text("x")).unwrap();
    socket.read().unwrap();
    let answer = hub.get("/stats");
    assert!(
        answer.contains("\r\nContent-Type: application/json\r\n"),
        "{answer}"
    );
    let stats: Value = serde_json::from_str(body(&answer)).unwrap();
    let clients = &stats["clients"];
    assert_eq!(clients["sockets"], 1);
    assert_eq!(clients["rooms"], 1);
    assert_eq!(clients["messages_in"], 1);
    assert_eq!(clients["connections"], 2);
    assert_eq!(stats["draining"], false);
    let scheduler = &stats["scheduler"];
    let procs = scheduler["gomaxprocs"].as_u64().unwrap();
    assert!(procs >= 1);
    let listed = scheduler["procs"].as_array().unwrap();
    assert_eq!(listed.len() as u64, procs);
    assert!(listed.iter().any(|p| p["switches"].as_u64().unwrap() > 0));
    assert!(scheduler["goroutines"].as_u64().unwrap() >= 1);
    assert!(scheduler["threads"].as_u64().unwrap() >= 1);
}

#[test]
fn statuses() {
    let hub = Hub::start();
    let status = |request: &str| {
        let answer = hub.exchange(request.as_bytes());
        answer.split(' ').nth(1).unwrap_or("none").to_owned()
    };
    let close = "Host: h\r\nConnection: close\r\n\r\n";
    for (line, expected) in [
        ("GET /healthz HTTP/1.1", "200"),
        ("GET /nothing HTTP/1.1", "404"),
        ("GET /../etc/passwd HTTP/1.1", "404"),
        ("POST / HTTP/1.1", "405"),
        ("DELETE /ws HTTP/1.1", "405"),
        ("GET /ws HTTP/1.1", "426"),
        ("GET /echo HTTP/1.1", "426"),
        ("GET /ws?room=%ff HTTP/1.1", "400"),
        ("GET nothing HTTP/1.1", "400"),
        ("GET / HTTP/3.0", "400"),
        ("what is this", "400"),
    ] {
        assert_eq!(status(&format!("{line}\r\n{close}")), expected, "{line}");
    }
    assert_eq!(status("GET / HTTP/1.1\r\n\r\n"), "400", "no host");
    assert_eq!(status("GET / HTTP/1.0\r\n\r\n"), "200", "1.0 needs none");
    assert_eq!(status("\x16\x03\x01\x02\x00"), "400", "TLS");
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n{close}", "x".repeat(20_000));
    assert_eq!(status(&long), "431");
    let many = format!("GET / HTTP/1.1\r\n{}{close}", "X: x\r\n".repeat(100));
    assert_eq!(status(&many), "431");
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
    assert_eq!(
        status(&format!(
            "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{upgrade}\r\n"
        )),
        "400",
        "no key"
    );
    let posted = format!(
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n{}",
        "x".repeat(5000)
    );
    assert_eq!(status(&posted), "405");
}

#[test]
fn a_slow_request_times_out() {
    let hub = Hub::with(|config| config.handshake_timeout = Duration::from_millis(300));
    let answer = hub.exchange(b"GET / HTTP/1.1\r\nHost");
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert_eq!(hub.exchange(b""), "", "who says nothing is told nothing");
    let mut trickle = hub.tcp();
    let mut answer = String::new();
    for byte in b"GET / HTTP/1.1\r\nHost: h\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy" {
        if trickle.write_all(&[*byte]).is_err() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = trickle.read_to_string(&mut answer);
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 408 "),
        "{answer}"
    );
    hub.until("they are forgotten", |c| c.connections == 0);
}

#[test]
fn many_requests_on_one_connection() {
    let hub = Hub::start();
    let mut stream = hub.tcp();
    let one = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
    let head = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
    let last = "GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    stream
        .write_all([one, one, head, last].concat().as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 3, "{answer}");
    assert_eq!(answer.matches("\r\n\r\nok\n").count(), 2, "{answer}");
    assert!(answer.ends_with("\r\n\r\nnot found\n"), "{answer}");
    assert!(!answer.contains("<html"), "HEAD has no body");
    assert_eq!(hub.serving().snapshot().clients.accepted, 1);
}

#[test]
fn insight_pages_are_there_if_asked_for() {
    let hub = Hub::start();
    assert!(hub.get("/debug/").starts_with("HTTP/1.1 404 "));
    let hub = Hub::with(|config| config.debug = true);
    let moved = hub.get("/debug");
    assert!(moved.starts_with("HTTP/1.1 301 ") && moved.contains("\r\nLocation: /debug/\r\n"));
    let page = hub.get("/debug/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("text/html"));
    for path in [
        "/debug/pprof/goroutine?debug=2",
        "/debug/debug/pprof/goroutine?debug=2",
    ] {
        let stacks = hub.get(path);
        assert!(
            stacks.contains("goroutine ") && stacks.contains(" ["),
            "{stacks}"
        );
    }
    let metrics = hub.get("/debug/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200 OK\r\n") && body(&metrics).contains("# TYPE "));
    assert!(hub.get("/debug/none").starts_with("HTTP/1.1 404 "));
    // A proxy on this machine speaks for others: theirs it is not, without a secret.
    let passed_on = "GET /debug/ HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 192.0.2.1\r\n\
                     Connection: close\r\n\r\n";
    let answer = hub.exchange(passed_on.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
}
