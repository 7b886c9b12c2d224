//! wss:// without a proxy.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tungstenite::{Message, WebSocket, client};

use crate::common::Hub;
use crate::common::programs::Folder;
use crate::common::raw::frame;

type Secure = StreamOwned<ClientConnection, TcpStream>;

struct Site {
    hub: Hub,
    roots: Arc<ClientConfig>,
    _folder: Folder,
}

impl Site {
    fn start() -> Site {
        let folder = Folder::new();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let hub = Hub::with(|config| config.tls = Some((cert, key)));
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Site {
            hub,
            roots: Arc::new(config),
            _folder: folder,
        }
    }

    fn tls(&self) -> Secure {
        let name = ServerName::try_from("localhost").unwrap();
        let engine = ClientConnection::new(Arc::clone(&self.roots), name).unwrap();
        StreamOwned::new(engine, self.hub.tcp())
    }

    fn join(&self, path: &str) -> WebSocket<Secure> {
        let url = format!("ws://localhost:{}{path}", self.hub.addr.port());
        client(url, self.tls()).expect(path).0
    }
}

#[test]
fn pages_and_rooms_in_tls() {
    let site = Site::start();
    let mut page = site.tls();
    page.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    page.read_to_string(&mut answer)
        .expect("an orderly end, with close_notify");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let mut a = site.join("/ws?room=x");
    let mut b = site.join("/ws?room=x");
    // Small, and larger than all buffers.
    for n in [0, 1, 1000, 20_000, 3_000_000] {
        let message = Message::binary(vec![n as u8; n]);
        a.send(message.clone()).unwrap();
        assert!(
            a.read().unwrap() == message && b.read().unwrap() == message,
            "{n}"
        );
    }
    a.close(None).unwrap();
    while a.read().is_ok() {}
    site.hub.until("it is forgotten", |c| c.sockets == 1);
}

#[test]
fn a_slow_reader_in_tls_gets_everything() {
    const MESSAGES: u8 = 60;
    let site = Site::start();
    let mut speaker = site.join("/ws?room=x");
    let mut slow = site.join("/ws?room=x");
    for i in 0..MESSAGES {
        let message = Message::binary(vec![i; 100_000]);
        speaker.send(message.clone()).unwrap();
        assert!(speaker.read().unwrap() == message);
    }
    for i in 0..MESSAGES {
        assert!(
            slow.read().unwrap() == Message::binary(vec![i; 100_000]),
            "{i}"
        );
    }
    let clients = site.hub.serving().snapshot().clients;
    assert_eq!((clients.slow_readers, clients.panics), (0, 0));
}

/// Records of which several come in one read, and hold more than the engine keeps.
#[test]
fn many_messages_at_once() {
    let site = Site::start();
    let mut socket = site.join("/echo");
    let messages = (0..20).map(|i| Message::binary(vec![i; 16_900]));
    for message in messages.clone() {
        socket.write(message).unwrap();
    }
    socket.flush().unwrap();
    for message in messages {
        assert!(socket.read().unwrap() == message);
    }
}

/// What a client sends behind its `close_notify` is nothing to wait for.
#[test]
fn more_behind_the_end() {
    let site = Site::start();
    let mut socket = site.join("/echo");
    let Secure { conn, sock } = socket.get_mut();
    conn.writer().write_all(&frame(0x82, &[7; 16_000])).unwrap();
    conn.send_close_notify();
    let mut out = Vec::new();
    while conn.wants_write() {
        conn.write_tls(&mut out).unwrap();
    }
    out.extend([0; 2048]);
    sock.write_all(&out).unwrap();
    site.hub.until("it is over", |c| c.connections == 0);
    let mut other = site.join("/echo");
    other.send(Message::text("still here")).unwrap();
    assert_eq!(other.read().unwrap(), Message::text("still here"));
}

#[test]
fn who_does_not_speak_it_is_sent_away() {
    let site = Site::start();
    let mut plain = site.hub.tcp();
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    match plain.read_to_end(&mut answer) {
        Ok(_) => assert!(!answer.starts_with(b"HTTP"), "it is an alert, if anything"),
        Err(e) => assert_eq!(e.kind(), io::ErrorKind::ConnectionReset),
    }
    let mut socket = site.join("/ws");
    socket
        .get_mut()
        .sock
        .write_all(&frame(0x81, b"not a record"))
        .unwrap();
    while socket.read().is_ok() {}
    site.hub.until("both are forgotten", |c| c.connections == 0);
    assert_eq!(site.hub.serving().snapshot().clients.panics, 0);
}
