//! Synchronous protocol crates over our sockets, unchanged: they know `Read` and `Write` alone.

mod common;

use common::{both, go};
use gompa_net::{TcpListener, TcpStream};
use std::io::{Read, Write};
use std::net::SocketAddr;

/// Listens and serves `connections` connections with `serve`.
fn server(connections: usize, serve: fn(TcpStream)) -> (SocketAddr, common::Task<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let task = go(move || {
        let tasks: Vec<_> = listener
            .incoming()
            .take(connections)
            .map(|stream| {
                let stream = stream.unwrap();
                go(move || serve(stream))
            })
            .collect();
        tasks.into_iter().for_each(|task| task.join());
    });
    (addr, task)
}

#[test]
fn tungstenite() {
    use tungstenite::{Message, accept, client};
    const CLIENTS: usize = 8;

    fn serve(stream: TcpStream) {
        let mut socket = accept(stream).unwrap();
        loop {
            match socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    socket.send(message).unwrap();
                }
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return,
                Err(e) => panic!("{e}"),
            }
        }
    }

    both(|| {
        let (addr, task) = server(CLIENTS, serve);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|i| {
                go(move || {
                    let stream = TcpStream::connect(addr).unwrap();
                    let (mut socket, _) = client(format!("ws://{addr}/chat"), stream).unwrap();
                    for j in 0..20 {
                        let text = format!("line {j} of {i}");
                        socket.send(Message::text(text.as_str())).unwrap();
                        assert_eq!(socket.read().unwrap(), Message::text(text));
                    }
                    // Longer than one read and one write.
                    let long = Message::binary(vec![i as u8; 1 << 20]);
                    socket.send(long.clone()).unwrap();
                    assert!(socket.read().unwrap() == long);
                    socket.close(None).unwrap();
                    while socket.read().is_ok() {}
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join());
        task.join();
    });
}

mod tls {
    //! Both ends of TLS over our sockets, with a certificate made for the run.

    use gompa_net::TcpStream;
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
    use rustls::{StreamOwned, crypto::ring::default_provider};
    use std::net::SocketAddr;
    use std::sync::{Arc, LazyLock};

    struct Configs {
        client: Arc<ClientConfig>,
        server: Arc<ServerConfig>,
    }

    static CONFIGS: LazyLock<Configs> = LazyLock::new(|| {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let cert = made.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(cert.clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert], key)
            .unwrap();
        Configs {
            client: Arc::new(client),
            server: Arc::new(server),
        }
    });

    pub fn accept(stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
        let tls = ServerConnection::new(CONFIGS.server.clone()).unwrap();
        StreamOwned::new(tls, stream)
    }

    pub fn connect(addr: SocketAddr) -> StreamOwned<ClientConnection, TcpStream> {
        let name = ServerName::try_from("localhost").unwrap();
        let tls = ClientConnection::new(CONFIGS.client.clone(), name).unwrap();
        StreamOwned::new(tls, TcpStream::connect(addr).unwrap())
    }
}

#[test]
fn rustls() {
    const CLIENTS: usize = 4;

    fn serve(stream: TcpStream) {
        let mut stream = tls::accept(stream);
        let mut buf = [0; 1000];
        loop {
            match stream.read(&mut buf).unwrap() {
                0 => break,
                n => stream.write_all(&buf[..n]).unwrap(),
            }
        }
        stream.conn.send_close_notify();
        stream.flush().unwrap();
    }

    both(|| {
        let (addr, task) = server(CLIENTS, serve);
        let clients: Vec<_> = (0..CLIENTS)
            .map(|i| {
                go(move || {
                    let mut stream = tls::connect(addr);
                    for len in [1, 100, 20_000] {
                        let message = vec![i as u8; len];
                        stream.write_all(&message).unwrap();
                        let mut back = vec![0; len];
                        stream.read_exact(&mut back).unwrap();
                        assert!(back == message);
                    }
                    stream.conn.send_close_notify();
                    stream.flush().unwrap();
                    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join());
        task.join();
    });
}

#[test]
fn httparse() {
    const REQUESTS: usize = 10;

    /// Answers requests with their own path.
    fn serve(mut stream: TcpStream) {
        let mut held = Vec::new();
        let mut buf = [0; 64];
        loop {
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let mut request = httparse::Request::new(&mut headers);
            match request.parse(&held).unwrap() {
                httparse::Status::Complete(len) => {
                    let path = request.path.unwrap().to_owned();
                    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", path.len());
                    stream.write_all((head + &path).as_bytes()).unwrap();
                    held.drain(..len);
                }
                httparse::Status::Partial => match stream.read(&mut buf).unwrap() {
                    0 => return,
                    n => held.extend_from_slice(&buf[..n]),
                },
            }
        }
    }

    both(|| {
        let (addr, task) = server(1, serve);
        let mut stream = TcpStream::connect(addr).unwrap();
        // All at once: the server finds several in one read, and one in several reads.
        for i in 0..REQUESTS {
            write!(
                stream,
                "GET /page/{i} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html, text/plain\r\n\r\n"
            )
            .unwrap();
        }
        stream.shutdown(gompa_net::Shutdown::Write).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let mut rest = &all[..];
        for i in 0..REQUESTS {
            let mut headers = [httparse::EMPTY_HEADER; 16];
            let mut response = httparse::Response::new(&mut headers);
            let httparse::Status::Complete(len) = response.parse(rest).unwrap() else {
                panic!("cut off");
            };
            assert_eq!(response.code, Some(200));
            let body = format!("/page/{i}");
            assert_eq!(&rest[len..len + body.len()], body.as_bytes());
            rest = &rest[len + body.len()..];
        }
        assert!(rest.is_empty());
        task.join();
    });
}

/// Our own WebSocket, compressed, in the clear and over TLS.
#[test]
fn websocket() {
    use gompa_ws::deflate::Config;
    use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits};
    use gompa_ws::{Event, Kind, Limits, WebSocket};
    const CLIENTS: usize = 4;

    fn echo<S: Read + Write>(stream: S) {
        let accepted = WebSocket::accept(stream, HeadLimits::DEFAULT, Limits::DEFAULT, |upgrade| {
            Ok(upgrade.accept(&Answer {
                deflate: Some(&Config::DEFAULT),
                ..Answer::default()
            }))
        });
        let mut socket = accepted.unwrap();
        loop {
            let (kind, data) = match socket.read().unwrap() {
                Event::Text(text) => (Kind::Text, text.as_bytes().to_vec()),
                Event::Binary(data) => (Kind::Binary, data.to_vec()),
                Event::Close(_) => return,
                _ => continue,
            };
            socket.send(kind, &data).unwrap();
        }
    }

    fn ask(stream: impl Read + Write, i: usize) {
        let request = ClientRequest::new("localhost", "/chat").deflate(Config::DEFAULT);
        let (mut socket, established) =
            WebSocket::connect(stream, &request, HeadLimits::DEFAULT, Limits::DEFAULT).unwrap();
        assert!(established.deflate.is_some());
        for j in 0..20 {
            let text = format!("line {j} of {i}, ").repeat(j + 1);
            socket.send(Kind::Text, text.as_bytes()).unwrap();
            assert_eq!(socket.read().unwrap(), Event::Text(&text));
        }
        // Longer than one read and one write, also when compressed.
        let mut state = i as u32 + 1;
        let long: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(1 << 18)
        .collect();
        socket.send(Kind::Binary, &long).unwrap();
        assert!(socket.read().unwrap() == Event::Binary(&long));
        socket.close(None).unwrap();
        assert_eq!(socket.read().unwrap(), Event::Close(None));
    }

    both(|| {
        let (plain, plain_task) = server(CLIENTS, echo::<TcpStream>);
        let (secret, secret_task) = server(CLIENTS, |stream| echo(tls::accept(stream)));
        let clients: Vec<_> = (0..CLIENTS)
            .flat_map(|i| {
                [
                    go(move || ask(TcpStream::connect(plain).unwrap(), i)),
                    go(move || ask(tls::connect(secret), i)),
                ]
            })
            .collect();
        clients.into_iter().for_each(|client| client.join());
        plain_task.join();
        secret_task.join();
    });
}
