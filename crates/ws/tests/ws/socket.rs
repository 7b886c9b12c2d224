//! The adapter: partial writes, reads that time out, big messages, memory while idle.

use crate::common::{CONT, FIN, PING, Script, Sent, frame, prose, sent};
use gompa_ws::handshake::{Answer, ClientRequest, HeadLimits, Origins, Refusal};
use gompa_ws::{
    AcceptError, CloseCode, Error, Event, Kind, Limits, Prepared, Reader, Role, WebSocket,
};
use std::cell::Cell;
use std::io::{self, ErrorKind, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

const KEY: Option<[u8; 4]> = Some([1, 2, 3, 4]);

fn server(stream: Script) -> WebSocket<Script> {
    WebSocket::new(stream, Role::Server, Limits::DEFAULT, None, &[])
}

#[test]
fn writes_that_would_block_lose_nothing() {
    for stingy in [1, 3, 100, 5000] {
        let mut socket = server(Script {
            stingy,
            ..Script::default()
        });
        let messages = [prose(10), prose(6000), prose(200), prose(0)];
        let mut expected = Vec::new();
        for message in &messages {
            expected.push(Sent(0x81, message.clone()));
            let mut result = socket.send(Kind::Text, message);
            // Not the next message before this one is out, once; the other times at once.
            if message.len() == 200 {
                continue;
            }
            while let Err(Error::Io(error)) = result {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                result = socket.flush();
            }
            result.unwrap();
        }
        let message = Prepared::new(Kind::Binary, b"last");
        let mut result = socket.send_prepared(&message);
        while result.is_err() {
            result = socket.flush();
        }
        expected.push(Sent(0x82, b"last".to_vec()));
        assert!(
            sent(&socket.into_inner().output, false) == expected,
            "{stingy}"
        );
    }
}

#[test]
fn after_a_close_frame_nothing_is_sent() {
    let mut socket = server(Script::new(&frame(FIN | PING, b"?", KEY), 100));
    socket.close(None).unwrap();
    assert!(matches!(socket.send(Kind::Text, b"x"), Err(Error::Closed)));
    assert!(matches!(socket.close(None), Err(Error::Closed)));
    assert!(matches!(socket.read(), Ok(Event::Ping(b"?"))));
    assert!(matches!(socket.read(), Err(Error::Eof)));
    assert_eq!(socket.into_inner().output, [0x88, 0]);
}

#[test]
fn an_error_is_told_once() {
    let mut socket = server(Script::new(&frame(FIN | 3, b"", KEY), 100));
    for _ in 0..3 {
        let error = socket.read().unwrap_err();
        assert_eq!(error.close_code(), Some(CloseCode::PROTOCOL));
    }
    let output = sent(&socket.into_inner().output, false);
    assert_eq!(output.len(), 1);
    assert_eq!(output[0].1[..2], 1002u16.to_be_bytes());
}

/// Every second read times out.
struct Slow(Script, bool);

impl Read for Slow {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        match self.1 {
            true => Err(ErrorKind::TimedOut.into()),
            false => self.0.read(buf),
        }
    }
}

#[test]
fn reads_that_time_out_lose_nothing() {
    let text = prose(100_000);
    let wire = frame(0x81, &text, KEY).repeat(2);
    for size in [1000, 70_000] {
        let mut stream = Slow(Script::new(&wire, size), false);
        let mut reader = Reader::new(Role::Server, Limits::DEFAULT, None, &[]);
        let mut messages = 0;
        loop {
            match reader.read(&mut stream) {
                Ok(event) => {
                    assert!(event == Event::Text(std::str::from_utf8(&text).unwrap()));
                    messages += 1;
                }
                Err(Error::Io(error)) => assert_eq!(error.kind(), ErrorKind::TimedOut),
                Err(Error::Eof) => break,
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(messages, 2);
    }
}

#[test]
fn an_echo_of_64_mib_and_65_536_fragments() {
    let payload = vec![0xa5; 64 << 20];
    let mut wire = Vec::with_capacity(payload.len() + (1 << 20));
    let size = payload.len() / 65_536;
    for (i, part) in payload.chunks(size).enumerate() {
        let first = if i == 0 { 2 } else { CONT };
        let fin = if i == 65_535 { FIN } else { 0 };
        // As it is, not masked: the client's side, which is as long.
        wire.extend(frame(fin | first, part, None));
    }
    let mut reader = Reader::new(Role::Client, Limits::DEFAULT, None, &[]);
    let mut stream = &wire[..];
    let Event::Binary(got) = reader.read(&mut stream).unwrap() else {
        panic!("not binary")
    };
    assert!(got == payload);
    assert!(matches!(reader.read(&mut stream), Err(Error::Eof)));
    // In one frame.
    let mut wire = frame(0x82, &[], None);
    wire[1] = 127;
    wire.extend((payload.len() as u64).to_be_bytes());
    let mut stream = wire.chain(&payload[..]);
    let mut reader = Reader::new(Role::Client, Limits::DEFAULT, None, &[]);
    assert!(reader.read(&mut stream).unwrap() == Event::Binary(&payload));
}

/// Tells how much it was asked for.
struct Asked<'a>(&'a [u8], Vec<usize>);

impl Read for Asked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.1.push(buf.len());
        self.0.read(buf)
    }
}

#[test]
fn no_buffer_while_idle() {
    // Whatever has come before: between messages half a KiB is asked for, which is on the stack.
    for size in [1, 500, 512, 16 << 10, 100_000, 1 << 20] {
        let mut wire = frame(0x82, &vec![1; size], KEY);
        let mut reader = Reader::new(Role::Server, Limits::DEFAULT, None, &[]);
        let mut stream = Asked(&wire, Vec::new());
        assert!(matches!(reader.read(&mut stream), Ok(Event::Binary(data)) if data.len() == size));
        assert!(matches!(reader.read(&mut stream), Err(Error::Eof)));
        assert_eq!(stream.1.last(), Some(&512), "{size}");
        assert!(
            stream.1.len() < 3 + size / (15 << 10) + 2,
            "{size}: {:?}",
            stream.1
        );
        // Within a message that has sent little: the same.
        wire.truncate(5);
        let mut stream = Asked(&wire, Vec::new());
        let mut reader = Reader::new(Role::Server, Limits::DEFAULT, None, &[]);
        assert!(reader.read(&mut stream).is_err() && reader.is_midway());
        assert_eq!(stream.1, [512, 512]);
    }
}

#[test]
fn handshakes_over_streams() {
    let request = ClientRequest::new("h", "/x").header("Origin", "http://evil");
    let early = frame(0x81, b"early", KEY);
    let bytes = [request.encode(), early].concat();
    for size in [1, 50, 5000] {
        let mut socket = WebSocket::accept(
            Script::new(&bytes, size),
            HeadLimits::DEFAULT,
            Limits::DEFAULT,
            |upgrade| Ok(upgrade.accept(&Answer::default())),
        )
        .unwrap();
        assert_eq!(socket.read().unwrap(), Event::Text("early"));
        let response = socket.into_inner().output;
        let early = frame(0x81, b"early", None);
        let bytes = [response, early].concat();
        let (mut client, _) = WebSocket::connect(
            Script::new(&bytes, size),
            &request,
            HeadLimits::DEFAULT,
            Limits::DEFAULT,
        )
        .unwrap();
        assert_eq!(client.read().unwrap(), Event::Text("early"));
        assert!(client.into_inner().output == request.encode());
    }
    let mut stream = Script::new(&bytes, 5000);
    let refused = WebSocket::accept(
        &mut stream,
        HeadLimits::DEFAULT,
        Limits::DEFAULT,
        |upgrade| match Origins::Same.allow(upgrade.origin(), Some(upgrade.host())) {
            true => Ok(upgrade.accept(&Answer::default())),
            false => Err(Refusal::Origin),
        },
    );
    assert!(matches!(
        refused,
        Err(AcceptError::Refused(Refusal::Origin))
    ));
    assert!(stream.output.starts_with(b"HTTP/1.1 403 Forbidden\r\n"));
    let cut = WebSocket::accept(
        Script::new(&bytes[..40], 40),
        HeadLimits::DEFAULT,
        Limits::DEFAULT,
        |_| Err(Refusal::Origin),
    );
    assert!(matches!(cut, Err(AcceptError::Io(e)) if e.kind() == ErrorKind::UnexpectedEof));
}

/// Takes nothing until it is told to.
struct Stuck<'a> {
    script: Script,
    open: &'a Cell<bool>,
}

impl Read for Stuck<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.script.read(buf)
    }
}

impl Write for Stuck<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self.open.get() {
            true => self.script.write(buf),
            false => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A peer that pings and does not read makes us keep one pong, not all.
#[test]
fn the_last_pong_waits() {
    let pings: Vec<u8> = (0..1000_u32)
        .flat_map(|i| frame(FIN | PING, &i.to_be_bytes(), KEY))
        .collect();
    let open = Cell::new(false);
    let stuck = Stuck {
        script: Script::new(&pings, 100),
        open: &open,
    };
    let mut socket = WebSocket::new(stuck, Role::Server, Limits::DEFAULT, None, &[]);
    while let Ok(event) = socket.read() {
        assert!(matches!(event, Event::Ping(_)));
    }
    // A message that could not go out goes behind them, and whole.
    assert!(socket.send(Kind::Text, b"x").is_err());
    open.set(true);
    socket.flush().unwrap();
    let pong = |i: u32| Sent(0x8a, i.to_be_bytes().to_vec());
    let output = sent(&socket.into_inner().script.output, false);
    assert!(output == [pong(0), pong(999), Sent(0x81, b"x".to_vec())]);
}

#[test]
fn no_message_within_a_message() {
    for size in [1, 100_000] {
        let mut socket = server(Script::default());
        socket.send_fragment(Kind::Text, b"a", false).unwrap();
        let misuse = AssertUnwindSafe(|| socket.send(Kind::Text, &prose(size)));
        assert!(catch_unwind(misuse).is_err(), "{size}");
        socket.send_fragment(Kind::Text, b"b", true).unwrap();
        let output = sent(&socket.into_inner().output, false);
        assert!(output == [Sent(1, b"a".to_vec()), Sent(0x80, b"b".to_vec())]);
    }
}
