//! Reading a request head off a socket: bounded in bytes and in time.
//!
//! Bytes behind the head stay in the reader: they are the next request, or the first frames.

use std::io::{self, ErrorKind, Read};
use std::time::Instant;

use thiserror::Error;

use super::request::{Parsed, Request};
use crate::stream::Stream;

/// Bytes asked of the socket at a time. A browser's head fits in one such read.
const CHUNK: usize = 2 << 10;

/// Why there is no request.
#[derive(Debug, Error)]
pub enum HeadError {
    /// The client closed, or fell silent between two requests: nothing to answer.
    #[error("the client has gone")]
    Gone,
    /// The head did not come in time: 408.
    #[error("the request did not arrive in time")]
    Timeout,
    /// The head is larger than allowed, or has too many headers: 431.
    #[error("the request head is too large")]
    TooLarge,
    /// This is not HTTP: 400.
    #[error("malformed request: {0}")]
    Malformed(&'static str),
    /// The socket failed.
    #[error("reading the request: {0}")]
    Io(#[from] io::Error),
}

/// The read side of one connection while it speaks HTTP.
#[derive(Debug)]
pub struct HeadReader {
    /// Read, but not yet part of a returned request.
    buffer: Vec<u8>,
    /// Longest head.
    max: usize,
}

impl HeadReader {
    /// A reader that takes heads of at most `max` bytes.
    pub fn new(max: usize) -> HeadReader {
        HeadReader {
            buffer: Vec::new(),
            max,
        }
    }

    /// The next request, which must be here by `deadline`.
    pub fn next(&mut self, stream: &Stream, deadline: Instant) -> Result<Request, HeadError> {
        stream.set_read_deadline(Some(deadline));
        self.next_from(&mut Source(stream))
    }

    /// What was read behind the last head.
    pub fn into_rest(self) -> Vec<u8> {
        self.buffer
    }

    /// The request in `text`, which must be whole.
    #[cfg(test)]
    pub fn parse_for_tests(text: &str) -> Request {
        HeadReader::new(text.len())
            .next_from(&mut text.as_bytes())
            .expect("a whole request")
    }

    fn next_from(&mut self, source: &mut impl Incoming) -> Result<Request, HeadError> {
        // Parsing starts over each time, so it waits for the empty line, lest a client that sends
        // a byte at a time makes it quadratic. The first bytes are looked at at once: who does not
        // speak HTTP (TLS, say) would never send an empty line.
        let mut try_now = !self.buffer.is_empty();
        let mut searched = 0;
        loop {
            if try_now || ends_in(&self.buffer, searched) {
                match Request::parse(&self.buffer)? {
                    Parsed::Whole(request, length) if length <= self.max => {
                        self.buffer.drain(..length);
                        return Ok(request);
                    }
                    Parsed::Whole(..) => return Err(HeadError::TooLarge),
                    Parsed::Partial => {}
                }
            }
            if self.buffer.len() >= self.max {
                return Err(HeadError::TooLarge);
            }
            searched = self.buffer.len();
            try_now = searched == 0;
            self.fill(source)?;
        }
    }

    fn fill(&mut self, source: &mut impl Incoming) -> Result<(), HeadError> {
        // Those who wait hold no room for what they wait for.
        let waited = source.wait();
        let start = self.buffer.len();
        self.buffer.resize(start + CHUNK, 0);
        let result = waited.and_then(|()| source.read(&mut self.buffer[start..]));
        self.buffer
            .truncate(start + result.as_ref().copied().unwrap_or(0));
        match result {
            Ok(0) => Err(HeadError::Gone),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == ErrorKind::Interrupted => Ok(()),
            Err(e) if e.kind() == ErrorKind::TimedOut => Err(if start == 0 {
                HeadError::Gone
            } else {
                HeadError::Timeout
            }),
            Err(e) => Err(HeadError::Io(e)),
        }
    }
}

/// Where a head comes from.
trait Incoming: Read {
    /// Waits until there may be something to read.
    fn wait(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
impl Incoming for &[u8] {}

/// A stream to be read.
struct Source<'a>(&'a Stream);

impl Read for Source<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read(buf)
    }
}

impl Incoming for Source<'_> {
    fn wait(&mut self) -> io::Result<()> {
        self.0.wait_readable()
    }
}

/// Whether an empty line ends somewhere behind the first `searched` bytes.
fn ends_in(buffer: &[u8], searched: usize) -> bool {
    let from = searched.saturating_sub(3);
    let tail = &buffer[from..];
    tail.windows(3).any(|w| w == b"\n\r\n") || tail.windows(2).any(|w| w == b"\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the bytes a few at a time, then end of file.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len());
            self.0.split_off(..n).unwrap().read(buf)
        }
    }

    impl Incoming for Trickle<'_> {}

    const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

    #[test]
    fn a_head_in_any_pieces() {
        for piece in 1..=GET.len() {
            let mut reader = HeadReader::new(1024);
            let request = reader.next_from(&mut Trickle(GET, piece)).unwrap();
            assert_eq!(request.path, "/a");
            assert!(reader.into_rest().is_empty());
        }
    }

    #[test]
    fn what_follows_stays() {
        let bytes = [GET, b"GET /b HTTP/1.1\r\nHost: h\r\n\r\nrest"].concat();
        let mut reader = HeadReader::new(1024);
        let mut source = Trickle(&bytes, bytes.len());
        assert_eq!(reader.next_from(&mut source).unwrap().path, "/a");
        assert_eq!(reader.next_from(&mut source).unwrap().path, "/b");
        assert_eq!(reader.into_rest(), b"rest");
    }

    #[test]
    fn bounds() {
        let long = [
            b"GET / HTTP/1.1\r\nHost: h\r\nX: ".as_slice(),
            &[b'a'; 2000],
            b"\r\n\r\n",
        ]
        .concat();
        for piece in [1, 7, 500, 5000] {
            let result = HeadReader::new(1024).next_from(&mut Trickle(&long, piece));
            assert!(
                matches!(result, Err(HeadError::TooLarge)),
                "{piece}: {result:?}"
            );
        }
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200));
        let result = HeadReader::new(1 << 20).next_from(&mut Trickle(many.as_bytes(), 4096));
        assert!(matches!(result, Err(HeadError::TooLarge)), "{result:?}");
    }

    #[test]
    fn not_http() {
        for garbage in [
            &b"\x16\x03\x01\x02\x00\x01"[..],
            b"hello\r\n\r\n",
            b"GET / HTTP/9\r\n\r\n",
        ] {
            let result = HeadReader::new(1024).next_from(&mut Trickle(garbage, 64));
            assert!(
                matches!(result, Err(HeadError::Malformed(_))),
                "{garbage:?}: {result:?}"
            );
        }
        let result = HeadReader::new(1024).next_from(&mut Trickle(b"GET / HT", 64));
        assert!(matches!(result, Err(HeadError::Gone)), "{result:?}");
    }
}
