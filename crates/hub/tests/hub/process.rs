//! The real binary: its flags, its port, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::common::LONG;
use crate::common::mortal::mortal;
use tungstenite::{Message, WebSocket, client};

/// A running hub; killed when the test is over.
struct Process {
    child: Child,
    addr: SocketAddr,
    out: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(flags: &[&str]) -> Process {
        let mut child = mortal(Path::new(env!("CARGO_BIN_EXE_gompa-hub")))
            .args(["--addr", "127.0.0.1:0"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let url = line
            .split_whitespace()
            .find_map(|w| w.strip_prefix("http://"));
        let addr = url.unwrap_or_else(|| panic!("no address in {line:?}"));
        let addr = addr.trim_end_matches('/').parse().unwrap();
        Process { child, addr, out }
    }

    fn join(&self, path: &str) -> WebSocket<TcpStream> {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        client(format!("ws://{}{path}", self.addr), stream)
            .unwrap()
            .0
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Its status, and all it said.
    fn end(mut self) -> (ExitStatus, String, String) {
        let deadline = Instant::now() + LONG;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(10));
        };
        let (mut out, mut err) = (String::new(), String::new());
        self.out.read_to_string(&mut out).unwrap();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (status, out, err)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hub(flags: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_gompa-hub"))
        .args(flags)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn bad_flags_are_named() {
    for (flags, names) in [
        (&["--addr", "nonsense"][..], "HOST:PORT"),
        (&["--frob"], "--frob"),
        (&["--queue", "lots"], "--queue"),
        (&["--queue", "1KiB"], "--max-message"),
        (&["--deadline", "soon"], "--deadline"),
        (&["extra"], "extra"),
    ] {
        let (code, out, err) = hub(flags);
        assert_eq!(code, Some(2), "{flags:?}: {err}");
        assert!(out.is_empty() && err.contains(names), "{flags:?}: {err}");
    }
    let (code, out, _) = hub(&["--help"]);
    assert_eq!(code, Some(0));
    assert!(
        out.contains("--addr") && out.contains("127.0.0.1:8080"),
        "{out}"
    );
}

#[test]
fn a_taken_port_and_an_unknown_host_are_told() {
    let first = Process::start(&[]);
    let addr = first.addr.to_string();
    let (code, _, err) = hub(&["--addr", &addr]);
    assert_eq!(code, Some(1));
    assert!(err.contains(&addr) && err.contains("in use"), "{err}");
    let (code, _, err) = hub(&["--addr", "no-such-host.invalid:1"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("no-such-host.invalid:1"), "{err}");
}

#[test]
fn signals_end_it_cleanly() {
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let process = Process::start(&[]);
        let mut a = process.join("/ws");
        let mut b = process.join("/ws");
        a.send(Message::text("hello")).unwrap();
        assert_eq!(b.read().unwrap(), Message::text("hello"));
        process.signal(signal);
        for socket in [&mut a, &mut b] {
            let code = loop {
                match socket.read().unwrap() {
                    Message::Close(frame) => break frame.map(|f| u16::from(f.code)),
                    _ => continue,
                }
            };
            assert_eq!(code, Some(1001));
            while socket.read().is_ok() {}
        }
        let (status, out, err) = process.end();
        assert_eq!(status.code(), Some(0), "{err}");
        assert!(out.contains("2 WebSockets, 1 messages in, 2 out"), "{out}");
        assert!(out.contains("0 cut off"), "{out}");
    }
}

#[test]
fn without_clients_it_ends_at_once() {
    let process = Process::start(&[]);
    let begin = Instant::now();
    process.signal(rustix::process::Signal::INT);
    let (status, ..) = process.end();
    assert_eq!(status.code(), Some(0));
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "it waited for the deadline"
    );
}

#[test]
fn while_it_drains_it_says_so_and_takes_nobody() {
    let process = Process::start(&["--deadline", "3s"]);
    let get = |path: &str, extra: &str| -> String {
        let mut stream = TcpStream::connect(process.addr).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: h\r\n{extra}\r\n").unwrap();
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).unwrap();
        line
    };
    assert!(get("/healthz", "").starts_with("HTTP/1.1 200 "));
    // Holds the hub up: it neither answers the close frame nor closes.
    let stubborn = process.join("/ws");
    process.signal(rustix::process::Signal::TERM);
    crate::common::until("healthz says it", || {
        get("/healthz", "").starts_with("HTTP/1.1 503 ")
    });
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    assert!(get("/ws", upgrade).starts_with("HTTP/1.1 503 "));
    let (status, ..) = process.end();
    assert_eq!(status.code(), Some(0));
    drop(stubborn);
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let process = Process::start(&["--deadline", "10m"]);
    let stubborn = process.join("/ws");
    process.signal(rustix::process::Signal::INT);
    // Signals of one kind that come together are one.
    std::thread::sleep(Duration::from_millis(500));
    process.signal(rustix::process::Signal::TERM);
    let (status, ..) = process.end();
    assert!(matches!(status.code(), Some(0 | 130)), "{status}");
    drop(stubborn);
}
