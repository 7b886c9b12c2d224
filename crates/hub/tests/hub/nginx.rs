//! Three hubs behind a real nginx, joined by a real Redis: the configuration of docs/hub.md.

use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use gompa_hub::broker::redis::RedisConfig;
use tungstenite::{Message, WebSocket, client};

use crate::common::programs::{Nginx, Redis, free_port};
use crate::common::{Hub, LONG, next, until};

/// The block between the lines of the document that name it.
fn documented() -> String {
    let docs = include_str!("../../../../docs/hub.md");
    let (_, rest) = docs
        .split_once("```nginx\n")
        .expect("docs/hub.md has an nginx block");
    rest.split_once("```").expect("it ends").0.to_owned()
}

struct Site {
    addr: SocketAddr,
    _nginx: Nginx,
}

impl Site {
    fn before(hubs: &[Hub]) -> Option<Site> {
        let port = free_port();
        let servers: String = hubs
            .iter()
            .map(|hub| format!("    server {} max_fails=1 fail_timeout=2s;\n", hub.addr))
            .collect();
        let mut block = documented();
        let begin = block
            .find("    server 10.")
            .expect("the servers of the document");
        let end = begin + block[begin..].find("\n}").expect("the end of the upstream") + 1;
        block.replace_range(begin..end, &servers);
        let block = block.replace("listen 80;", &format!("listen 127.0.0.1:{port};"));
        let config = format!(
            "error_log stderr error;\npid {{folder}}/nginx.pid;\nworker_processes 1;\n\
             events {{ worker_connections 1000; }}\nhttp {{\naccess_log off;\n\
             client_body_temp_path {{folder}}/a; proxy_temp_path {{folder}}/b;\n\
             fastcgi_temp_path {{folder}}/c; uwsgi_temp_path {{folder}}/d; scgi_temp_path {{folder}}/e;\n\
             {block}\n}}\n"
        );
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        Some(Site {
            addr,
            _nginx: Nginx::start(&config, addr)?,
        })
    }

    fn join(&self) -> WebSocket<TcpStream> {
        let mut socket = None;
        until("a way in", || {
            let stream = TcpStream::connect(self.addr).unwrap();
            stream.set_read_timeout(Some(LONG)).unwrap();
            stream.set_nodelay(true).unwrap();
            socket = client(format!("ws://{}/ws?room=x", self.addr), stream)
                .ok()
                .map(|(socket, _)| socket);
            socket.is_some()
        });
        socket.unwrap()
    }
}

#[test]
fn three_hubs_behind_a_proxy_and_one_is_killed() {
    const CLIENTS: usize = 12;
    let Some(redis) = Redis::start(false) else {
        return;
    };
    let mut hubs: Vec<Hub> = (0..3)
        .map(|_| {
            Hub::with(|config| {
                config.redis = Some(RedisConfig {
                    url: redis.url().parse().unwrap(),
                    prefix: "test:".into(),
                    stream: 0,
                    buffer: 1 << 20,
                });
            })
        })
        .collect();
    let Some(site) = Site::before(&hubs) else {
        return;
    };
    until("all are joined", || {
        hubs.iter()
            .all(|hub| hub.serving().operator().broker.connected)
    });
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| site.join()).collect();
    let spread: Vec<usize> = hubs
        .iter()
        .map(|hub| hub.serving().snapshot().clients.sockets)
        .collect();
    assert_eq!(spread, [CLIENTS / 3; 3], "least_conn spreads them");

    // Steady state: all hear everything, once, in one order.
    for i in 0..30 {
        let speaker = i % CLIENTS;
        clients[speaker].send(Message::text(i.to_string())).unwrap();
        for client in &mut clients {
            assert_eq!(next(client), Message::text(i.to_string()));
        }
    }

    // One ends; its clients come back through the proxy, to the others.
    let begin = Instant::now();
    drop(hubs.remove(0));
    let mut back = 0;
    for client in &mut clients {
        client
            .get_ref()
            .set_read_timeout(Some(std::time::Duration::from_millis(200)))
            .unwrap();
        let gone = match client.read() {
            Ok(Message::Close(_)) => true,
            Ok(_) => false,
            Err(tungstenite::Error::Io(e)) => !matches!(
                e.kind(),
                std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
            ),
            Err(_) => true,
        };
        client.get_ref().set_read_timeout(Some(LONG)).unwrap();
        if gone {
            *client = site.join();
            back += 1;
        }
    }
    assert_eq!(back, CLIENTS / 3, "only those of the hub that ended");
    assert!(begin.elapsed() < LONG * 2);

    for i in 0..30 {
        let text = format!("after {i}");
        clients[i % CLIENTS].send(Message::text(&*text)).unwrap();
        for client in &mut clients {
            assert_eq!(next(client), Message::text(&*text));
        }
    }
    let lost: u64 = hubs
        .iter()
        .map(|hub| hub.serving().snapshot().clients.gaps)
        .sum();
    assert_eq!(lost, 0);
}
