//! Beside another implementation: what we write it reads, what it writes we read, over a real socket
//! and in both roles.

use crate::common::{Noise, prose};
use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits};
use gompa_ws::{Close, CloseCode, Event, Kind, Limits, WebSocket};
use std::net::{TcpListener, TcpStream};
use std::thread;
use tungstenite::Message;
use tungstenite::protocol::CloseFrame;

/// Messages of both kinds and all lengths of length.
fn messages() -> Vec<(Kind, Vec<u8>)> {
    let mut noise = Noise(3);
    let mut messages = Vec::new();
    for size in [0, 1, 125, 126, 500, 511, 512, 513, 65_535, 65_536, 300_000] {
        messages.push((Kind::Text, prose(size)));
        messages.push((Kind::Binary, noise.bytes(size)));
    }
    messages
}

fn ours_echoes(mut socket: WebSocket<TcpStream>) {
    loop {
        let (kind, data) = match socket.read().unwrap() {
            Event::Text(text) => (Kind::Text, text.as_bytes().to_vec()),
            Event::Binary(data) => (Kind::Binary, data.to_vec()),
            Event::Close(close) => {
                let close = close.unwrap();
                assert_eq!((close.code.0, close.reason), (4000, "that is all"));
                return;
            }
            _ => continue,
        };
        socket.send(kind, &data).unwrap();
    }
}

#[test]
fn our_server_its_client() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let socket = WebSocket::accept(stream, HeadLimits::DEFAULT, Limits::DEFAULT, |upgrade| {
            assert_eq!(upgrade.target(), "/x");
            Ok(upgrade.accept(&Answer {
                deflate: Some(&gompa_ws::deflate::Config::DEFAULT),
                ..Answer::default()
            }))
        });
        ours_echoes(socket.unwrap());
    });
    let (mut client, response) = tungstenite::connect(format!("ws://{address}/x")).unwrap();
    assert!(!response.headers().contains_key("sec-websocket-extensions"));
    for (kind, data) in messages() {
        let message = match kind {
            Kind::Text => Message::text(String::from_utf8(data).unwrap()),
            Kind::Binary => Message::binary(data),
        };
        client.send(message.clone()).unwrap();
        client.send(Message::Ping(vec![1, 2, 3].into())).unwrap();
        assert!(client.read().unwrap() == message);
        assert_eq!(client.read().unwrap(), Message::Pong(vec![1, 2, 3].into()));
    }
    client
        .close(Some(CloseFrame {
            code: 4000.into(),
            reason: "that is all".into(),
        }))
        .unwrap();
    assert!(matches!(client.read().unwrap(), Message::Close(Some(c)) if u16::from(c.code) == 4000));
    server.join().unwrap();
}

#[test]
fn its_server_our_client() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        loop {
            match socket.read() {
                Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                    socket.send(message).unwrap()
                }
                Ok(_) => {}
                Err(tungstenite::Error::ConnectionClosed) => return,
                Err(error) => panic!("{error}"),
            }
        }
    });
    let request = ClientRequest::new(&address.to_string(), "/").deflate(Default::default());
    let stream = TcpStream::connect(address).unwrap();
    let (mut client, established) =
        WebSocket::connect(stream, &request, HeadLimits::DEFAULT, Limits::DEFAULT).unwrap();
    assert_eq!(established.deflate, None);
    for (kind, data) in messages() {
        client.send(kind, &data).unwrap();
        client.ping(b"?").unwrap();
        match (kind, client.read().unwrap()) {
            (Kind::Text, Event::Text(text)) => assert!(text.as_bytes() == data),
            (Kind::Binary, Event::Binary(got)) => assert!(got == data),
            (_, event) => panic!("{event:?}"),
        }
        assert_eq!(client.read().unwrap(), Event::Pong(b"?"));
    }
    let close = Close {
        code: CloseCode(4001),
        reason: "bye",
    };
    client.close(Some(close)).unwrap();
    let Event::Close(Some(answer)) = client.read().unwrap() else {
        panic!("no close frame")
    };
    assert_eq!(answer.code, CloseCode(4001));
    drop(client);
    server.join().unwrap();
}
