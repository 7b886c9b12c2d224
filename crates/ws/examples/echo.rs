//! Echoes every message, for conformance suites: `echo server ADDRESS`, or `echo client ADDRESS` for
//! the cases of a fuzzing server. A thread a connection.

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::thread;

use gompa_ws::deflate::Config;
use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits};
use gompa_ws::{Event, Kind, Limits, WebSocket};

/// Everything a peer may ask for is agreed to.
const DEFLATE: Config = Config {
    server_no_context_takeover: false,
    client_no_context_takeover: false,
    min_size: 0,
    ..Config::DEFAULT
};

const AGENT: &str = "gompa-ws";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["server", address] => serve(address),
        ["client", address] => run_cases(address),
        _ => Err("usage: echo server|client ADDRESS".into()),
    }
}

fn serve(address: &str) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            stream.set_nodelay(true).ok();
            let socket =
                WebSocket::accept(stream, HeadLimits::DEFAULT, Limits::DEFAULT, |upgrade| {
                    Ok(upgrade.accept(&Answer {
                        deflate: Some(&DEFLATE),
                        ..Answer::default()
                    }))
                });
            match socket {
                Ok(socket) => echo(socket),
                Err(error) => eprintln!("{error}"),
            }
        });
    }
    Ok(())
}

fn run_cases(address: &str) -> Result<(), Box<dyn Error>> {
    let mut socket = connect(address, "/getCaseCount")?;
    let Event::Text(count) = socket.read()? else {
        return Err("no count of cases".into());
    };
    for case in 1..=count.parse::<u32>()? {
        match connect(address, &format!("/runCase?case={case}&agent={AGENT}")) {
            Ok(socket) => echo(socket),
            Err(error) => eprintln!("case {case}: {error}"),
        }
    }
    echo(connect(address, &format!("/updateReports?agent={AGENT}"))?);
    Ok(())
}

fn connect(address: &str, target: &str) -> Result<WebSocket<TcpStream>, Box<dyn Error>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let request = ClientRequest::new(address, target).deflate(DEFLATE);
    Ok(WebSocket::connect(stream, &request, HeadLimits::DEFAULT, Limits::DEFAULT)?.0)
}

/// Until the peer, or an error, ends it.
fn echo(mut socket: WebSocket<TcpStream>) {
    loop {
        let (kind, data) = match socket.read() {
            Ok(Event::Text(text)) => (Kind::Text, text.as_bytes().to_vec()),
            Ok(Event::Binary(data)) => (Kind::Binary, data.to_vec()),
            Ok(Event::Close(_)) => break,
            Ok(_) => continue,
            Err(_) => break,
        };
        if socket.send(kind, &data).is_err() {
            break;
        }
    }
    // What the peer still sends must be read, lest a reset overtakes our close frame.
    let stream = socket.stream();
    stream.shutdown(std::net::Shutdown::Write).ok();
    stream
        .set_read_timeout(Some(std::time::Duration::from_secs(2)))
        .ok();
    socket.drain(1 << 20).ok();
}
