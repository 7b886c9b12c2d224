//! One connection of the load: at most one message in flight, compared on return.

use mio::net::TcpStream;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

/// A connection. `sent` and `got` count the bytes of the message in flight; when `got` is the whole
/// message, the next may begin.
pub struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    back: Vec<u8>,
    sent: usize,
    got: usize,
    begun: Instant,
}

/// Connects, trying again for `patience` while nobody listens yet.
pub fn dial(port: u16, patience: Duration) -> io::Result<TcpStream> {
    let begun = Instant::now();
    let stream = loop {
        match std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Err(_) if begun.elapsed() < patience => std::thread::sleep(Duration::from_millis(20)),
            dialled => break dialled?,
        }
    };
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    Ok(TcpStream::from_std(stream))
}

impl Connection {
    /// A connection whose messages have `bytes` bytes, unlike those of other indices.
    pub fn new(stream: TcpStream, index: u16, bytes: usize) -> Self {
        let out: Vec<u8> = (0..bytes).map(|i| (i + usize::from(index)) as u8).collect();
        let back = vec![0; bytes];
        Connection {
            stream,
            out,
            back,
            sent: 0,
            got: 0,
            begun: Instant::now(),
        }
    }

    /// To register it.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// For how long the message in flight has been under way.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Begins the next message, unlike the last.
    pub fn begin(&mut self) -> io::Result<()> {
        (self.sent, self.got) = (0, 0);
        self.out[0] = self.out[0].wrapping_add(1);
        self.begun = Instant::now();
        self.send()
    }

    /// Sends as much of the rest as the socket takes.
    pub fn send(&mut self) -> io::Result<()> {
        while self.sent < self.out.len() {
            match self.stream.write(&self.out[self.sent..]) {
                Ok(n) => self.sent += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Receives what is there. If that completes the message: how long its round trip took.
    pub fn receive(&mut self) -> io::Result<Option<Duration>> {
        loop {
            match self.stream.read(&mut self.back[self.got..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.got += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
            if self.got == self.back.len() {
                // With one message in flight nothing more can be on its way, so that the event's
                // edge is used up although the socket was not read until it would block.
                let round_trip = self.begun.elapsed();
                if self.sent < self.out.len() || self.back != self.out {
                    return Err(io::Error::other("the echo differs from what was sent"));
                }
                return Ok(Some(round_trip));
            }
        }
    }
}
