//! permessage-deflate: agreed to, and one compressed frame for all.

use std::io::{Read, Write};
use std::net::TcpStream;

use gompa_ws::deflate::Config;
use gompa_ws::handshake::{ClientRequest, HeadLimits};
use gompa_ws::{Event, Kind, Limits, Role, WebSocket};

use crate::common::{Hub, next};

fn join(hub: &Hub, path: &str) -> WebSocket<TcpStream> {
    let mut stream = hub.tcp();
    let request = ClientRequest::new("h", path).deflate(Config::default());
    stream.write_all(&request.encode()).unwrap();
    let mut head = Vec::new();
    let answer = loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
        if let Some(answer) = request.read_response(&head, HeadLimits::DEFAULT).unwrap() {
            break answer;
        }
    };
    let params = answer.deflate.expect("it is agreed to");
    assert!(params.server_no_context_takeover, "{params:?}");
    WebSocket::new(stream, Role::Client, Limits::DEFAULT, Some(&params), &[])
}

#[test]
fn compressed_and_plain_clients_in_one_room() {
    let hub = Hub::start();
    let mut small = join(&hub, "/ws?room=x");
    let mut also = join(&hub, "/ws?room=x");
    let mut plain = hub.join("/ws?room=x");
    let text = "all work and no play ".repeat(500);
    small.send(Kind::Text, text.as_bytes()).unwrap();
    for socket in [&mut small, &mut also] {
        assert_eq!(socket.read().unwrap(), Event::Text(&text));
    }
    assert_eq!(next(&mut plain).to_text().unwrap(), text);
    let clients = hub.serving().snapshot().clients;
    // Two compressed and one plain: far less than three times the text.
    assert!(clients.bytes_out < 2 * text.len() as u64, "{clients:?}");
    plain.send(tungstenite::Message::text(&*text)).unwrap();
    assert_eq!(small.read().unwrap(), Event::Text(&text));
    let mut echo = join(&hub, "/echo");
    echo.send(Kind::Binary, text.as_bytes()).unwrap();
    assert_eq!(echo.read().unwrap(), Event::Binary(text.as_bytes()));
}

#[test]
fn a_bomb_is_stopped_at_the_limit() {
    let hub = Hub::with(|config| config.max_message = 100_000);
    let mut bomb = join(&hub, "/ws?room=x");
    bomb.send(Kind::Binary, &vec![0; 8_000_000]).unwrap();
    match bomb.read() {
        Ok(Event::Close(Some(close))) => assert_eq!(close.code.0, 1009),
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_can_be_switched_off() {
    let hub = Hub::with(|config| config.deflate = false);
    let mut stream = hub.tcp();
    let request = ClientRequest::new("h", "/ws").deflate(Config::default());
    stream.write_all(&request.encode()).unwrap();
    let mut head = [0; 500];
    let n = stream.read(&mut head).unwrap();
    let answer = request.read_response(&head[..n], HeadLimits::DEFAULT);
    assert!(answer.unwrap().unwrap().deflate.is_none());
}
