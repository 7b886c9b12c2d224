//! The server, asked over sockets.

use super::consumer::{line_of, pprof_of};
use super::support::{alone, eventually, waiting};
use super::traces;
use gompa_insight::http::{Options, Server, serve};
use gompa_net::TcpStream;
use std::io::{Read, Write};

/// Status and whole answer of one request on a connection of its own.
pub fn get(server: &Server, target: &str, headers: &str) -> (u16, Vec<u8>, String) {
    let mut stream = TcpStream::connect(server.local_addr()).unwrap();
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let at = answer
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .expect("a head");
    let head = String::from_utf8(answer[..at].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer[at + 4..].to_vec(), head)
}

const HERE: &str = "Host: localhost\r\n";

#[test]
fn each_path_answers() {
    gompa_sched::Builder::new().procs(2).run(|| {
        let server = serve("127.0.0.1:0").unwrap();
        for (path, kind, part) in [
            ("/", "text/html", "<title>"),
            ("/page.css", "text/css", ".proc"),
            ("/page.js", "text/javascript", "api/state"),
            ("/draw.js", "text/javascript", "function spark"),
            ("/icon.svg", "image/svg+xml", "<svg"),
            ("/metrics", "text/plain", "gompa_goroutines{"),
            ("/stalls", "text/plain", "call sites"),
            ("/debug/pprof/", "text/html", "goroutine?debug=1"),
            (
                "/debug/pprof/goroutine?debug=1",
                "text/plain",
                "goroutine profile: total",
            ),
            ("/debug/pprof/goroutine?debug=2", "text/plain", "goroutine "),
            ("/debug/pprof/cmdline", "text/plain", "insight"),
            ("/debug/pprof/symbol", "text/plain", "num_symbols"),
            ("/api/stacks?state=running", "text/plain", " goroutines"),
        ] {
            let (status, body, head) = get(&server, path, HERE);
            assert_eq!(status, 200, "{path}: {head}");
            assert!(
                head.contains(&format!("Content-Type: {kind}")),
                "{path}: {head}"
            );
            assert!(
                head.contains(&format!("Content-Length: {}", body.len())),
                "{path}: {head}"
            );
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains(part), "{path}: {body}");
            assert!(!body.contains("https://"), "{path} names another host");
        }
        let (status, body, head) = get(&server, "/debug/pprof/goroutine", HERE);
        assert!(status == 200 && body.starts_with(&[0x1f, 0x8b]), "{head}");
        for path in [
            "/trace",
            "/trace?seconds=0.02",
            "/debug/pprof/trace?seconds=0.02",
        ] {
            let (status, body, _) = get(&server, path, HERE);
            assert_eq!(status, 200);
            traces::check(&body);
        }
        for (path, want) in [
            ("/nothing", 404),
            ("/debug/pprof/nothing", 404),
            ("/debug/pprof", 301),
            ("/trace?seconds=x", 400),
            ("/debug/pprof/goroutine?debug=x", 400),
        ] {
            assert_eq!(get(&server, path, HERE).0, want, "{path}");
        }
        server.close();
        assert!(TcpStream::connect(server.local_addr()).is_err());
    });
}

#[inline(never)]
fn waits_to_be_served(ch: &gompa_chan::Chan<u32>) {
    std::hint::black_box(ch.recv());
}

/// Go's tool asks the server by itself, as it asks a Go program.
#[test]
fn gos_tool_fetches_profiles() {
    let _alone = alone();
    gompa_sched::Builder::new().procs(2).run(|| {
        let server = serve("127.0.0.1:0").unwrap();
        let ch = gompa_chan::make::<u32>(0);
        for _ in 0..7 {
            let ch = ch.clone();
            drop(gompa_sched::go(move || waits_to_be_served(&ch)));
        }
        eventually("all wait", || waiting() == 7);
        let fetch = |path: &str, flags: &[&str]| {
            let from = format!("http://{}/debug/pprof/{path}", server.local_addr());
            gompa_sched::blocking(|| pprof_of(from, flags))
        };
        if let Some(top) = fetch("goroutine", &["-top"]) {
            assert!(top.contains("Type: goroutine"), "{top}");
            assert_eq!(line_of(&top, "waits_to_be_served")[3], "7", "{top}");
            let cpu = fetch("profile", &["-raw", "-seconds=1"]).unwrap();
            assert!(cpu.contains("cpu/nanoseconds"), "{cpu}");
        }
        ch.close();
        server.close();
    });
}

#[test]
fn the_state_is_the_runtimes() {
    gompa_sched::Builder::new().procs(2).run(|| {
        let server = serve("127.0.0.1:0").unwrap();
        let never = gompa_chan::make::<()>(0);
        let waits = {
            let never = never.clone();
            gompa_sched::go(move || never.recv())
        };
        while !gompa_sched::debug::goroutines()
            .iter()
            .any(|g| g.id == waits.id() && g.waiting_since.is_some())
        {
            gompa_sched::gosched();
        }
        let (_, body, _) = get(&server, "/api/state", HERE);
        let state: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(state["procs"].as_array().unwrap().len(), 2);
        // We wait for the answer, and the other for ever. The server's own are not among them.
        assert_eq!(state["goroutines"], 2, "{state}");
        assert!(state["system"].as_u64() >= Some(1), "{state}");
        assert!(
            state["machines"]
                .as_array()
                .unwrap()
                .iter()
                .any(|m| m["busy"] == true)
        );
        let reasons = state["reasons"].as_array().unwrap();
        assert!(
            reasons.iter().any(|r| r[0] == "chan receive" && r[1] == 1),
            "{state}"
        );
        let (_, stacks, _) = get(&server, "/api/stacks?reason=chan+receive", HERE);
        let stacks = String::from_utf8(stacks).unwrap();
        assert!(
            stacks.contains("insight/served.rs:") && stacks.contains("the_state_is_the_runtimes"),
            "{stacks}"
        );
        never.close();
        waits.join().unwrap();
        server.close();
    });
}

#[test]
fn who_may_look() {
    gompa_sched::run(|| {
        let open = serve(":0").unwrap();
        assert!(open.local_addr().ip().is_loopback());
        assert_eq!(get(&open, "/metrics", "Host: evil.example\r\n").0, 403);
        assert_eq!(get(&open, "/metrics", "").0, 200);
        let closed = Options::new().token("s3cret").serve("127.0.0.1:0").unwrap();
        assert_eq!(get(&closed, "/metrics", HERE).0, 401);
        assert_eq!(get(&closed, "/metrics?token=wrong", HERE).0, 401);
        assert_eq!(
            get(&closed, "/metrics?token=s3cret", "Host: proxy.example\r\n").0,
            200
        );
        assert_eq!(
            get(&closed, "/metrics", "Authorization: Bearer s3cret\r\n").0,
            200
        );
        open.close();
        closed.close();
    });
}

/// Several requests on one connection, in pieces, with bodies; nonsense; a head without end.
#[test]
fn whatever_comes_in() {
    gompa_sched::run(|| {
        let server = serve("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(server.local_addr()).unwrap();
        let requests = "POST /debug/pprof/symbol HTTP/1.1\r\nContent-Length: 5\r\n\r\n0x123\
            HEAD /metrics HTTP/1.1\r\n\r\nPUT / HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n";
        for piece in requests.as_bytes().chunks(7) {
            stream.write_all(piece).unwrap();
        }
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let statuses: Vec<&str> = text.lines().filter(|l| l.contains("HTTP/1.1 ")).collect();
        assert_eq!(statuses.len(), 4, "{text}");
        assert!(text.contains("405 Method Not Allowed"));
        for (sent, answer) in [
            (&b"\x16\x03\x01\0\0\0"[..], "400"),
            (&[b'a'; 20_000], "431"),
            (b"GET / HTTP/1.1\r\nx: ", "431"),
        ] {
            let mut stream = TcpStream::connect(server.local_addr()).unwrap();
            let _ = stream.write_all(sent);
            if answer == "431" {
                let _ = stream.write_all(&[b'a'; 20_000]);
            }
            let mut got = [0; 12];
            if stream.read_exact(&mut got).is_ok() {
                assert!(String::from_utf8_lossy(&got).ends_with(answer), "{got:?}");
            }
        }
        // Who connects and says nothing takes a place, and is no reason to refuse others.
        let idle: Vec<_> = (0..20)
            .map(|_| TcpStream::connect(server.local_addr()).unwrap())
            .collect();
        assert_eq!(get(&server, "/metrics", HERE).0, 200);
        drop(idle);
        server.close();
    });
}
