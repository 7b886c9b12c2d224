//! A hub in this process, and the clients that try it.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod json;
pub mod mortal;
pub mod programs;
pub mod raw;
pub mod webdriver;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::panic;
use std::sync::Once;
use std::time::{Duration, Instant};

use gompa_hub::{Config, Server, Serving};
use tungstenite::{Message, WebSocket, client};

/// Longer than anything should take, on the busiest machine.
pub const LONG: Duration = Duration::from_secs(30);

/// A hub on a free port.
pub struct Hub {
    pub serving: Option<Serving>,
    pub addr: SocketAddr,
}

impl Hub {
    pub fn start() -> Hub {
        Hub::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Hub {
        dump_on_panic();
        let mut config = Config {
            addr: "127.0.0.1:0".into(),
            ..Config::default()
        };
        change(&mut config);
        let serving = Server::bind(config).expect("a free port").start();
        Hub {
            addr: serving.addr(),
            serving: Some(serving),
        }
    }

    /// A client of the given path.
    pub fn join(&self, path: &str) -> WebSocket<TcpStream> {
        let (socket, _) = client(format!("ws://{}{path}", self.addr), self.tcp()).expect(path);
        socket
    }

    pub fn tcp(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).expect("the hub listens");
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_write_timeout(Some(LONG)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    }

    /// Sends bytes and reads until the hub closes.
    pub fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.tcp();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an orderly end");
        String::from_utf8(answer).unwrap()
    }

    /// A GET with `Connection: close`.
    pub fn get(&self, path: &str) -> String {
        self.exchange(
            format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").as_bytes(),
        )
    }

    pub fn serving(&self) -> &Serving {
        self.serving.as_ref().expect("not shut down")
    }

    /// Waits until what the hub says of itself is so.
    pub fn until(&self, what: &str, holds: impl Fn(&gompa_hub::stats::Clients) -> bool) {
        until(what, || holds(&self.serving().snapshot().clients));
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.shutdown();
        }
    }
}

/// A test that fails shows what the goroutines do.
fn dump_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            usual(info);
            eprintln!("{:#?}", gompa::debug::sched_stats());
            for goroutine in gompa::debug::goroutines() {
                eprintln!("{goroutine:?}");
            }
        }));
    });
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The next message that is not a ping.
pub fn next(socket: &mut WebSocket<TcpStream>) -> Message {
    loop {
        let message = socket.read().expect("a message");
        if !message.is_ping() {
            return message;
        }
    }
}
