//! A connection's bytes, plain or in TLS: read by one goroutine, written by whoever has something,
//! one at a time.
//!
//! - **Reading** parks.
//! - **Trying to write** never waits: it goes as far as the kernel takes it.
//! - **Writing** parks until the kernel has taken everything.
//!
//! Who writes at a given time is the outbox's business (`websocket::outbox`).

mod plain;
#[cfg(feature = "tls")]
mod tls;

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use crate::rt::net::TcpStream;

#[cfg(feature = "tls")]
pub use tls::{Acceptor, TlsStream};

/// A connection.
#[derive(Debug)]
pub enum Stream {
    /// As it is.
    Plain(TcpStream),
    /// Encrypted.
    #[cfg(feature = "tls")]
    Tls(Box<TlsStream>),
}

/// How far an attempt to write went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Bytes that are taken; the rest is still the caller's.
    pub bytes: usize,
    /// Whether everything taken is the kernel's by now. If not, [`Stream::flush`] must follow.
    pub flushed: bool,
}

impl Stream {
    /// The socket under it.
    pub fn socket(&self) -> &TcpStream {
        match self {
            Stream::Plain(socket) => socket,
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.socket(),
        }
    }

    /// Waits for bytes; 0 at the end.
    #[inline]
    pub fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => plain::read(socket, buf),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.read(buf),
        }
    }

    /// Waits until there may be bytes, with less on the stack than a read. In TLS it does not wait.
    #[inline]
    pub fn wait_readable(&self) -> io::Result<()> {
        match self {
            Stream::Plain(socket) => socket.wait_readable(),
            #[cfg(feature = "tls")]
            Stream::Tls(_) => Ok(()),
        }
    }

    /// Whether [`wait_readable`](Stream::wait_readable) waits.
    #[inline]
    pub fn waits_apart(&self) -> bool {
        matches!(self, Stream::Plain(_))
    }

    /// Writes what goes without waiting.
    ///
    /// # Errors
    /// The system's; never `WouldBlock`, which is nothing written.
    #[inline]
    pub fn try_write(&self, slices: &[IoSlice<'_>]) -> io::Result<Written> {
        match self {
            Stream::Plain(socket) => plain::try_write(socket, slices),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.try_write(slices),
        }
    }

    /// Writes at least one byte, waiting for room; then [`Stream::flush`] must follow.
    pub fn write(&self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Stream::Plain(socket) => plain::write(socket, slices),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.write(slices),
        }
    }

    /// Waits until the kernel has everything.
    pub fn flush(&self) -> io::Result<()> {
        match self {
            Stream::Plain(_) => Ok(()),
            #[cfg(feature = "tls")]
            Stream::Tls(tls) => tls.flush(),
        }
    }

    /// Writes all of it.
    pub fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let n = self.write(&[IoSlice::new(bytes)])?;
            bytes = &bytes[n..];
        }
        self.flush()
    }

    /// Ends the sending side, as the protocol has it.
    pub fn finish(&self) {
        #[cfg(feature = "tls")]
        if let Stream::Tls(tls) = self {
            tls.close_notify();
        }
        // Fails if the client has gone already, which is as good.
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    /// Ends both sides at once.
    pub fn cut(&self) {
        let _ = self.socket().shutdown(Shutdown::Both);
    }

    /// From `at` on reading fails.
    pub fn set_read_deadline(&self, at: Option<Instant>) {
        self.socket().set_read_deadline(at);
    }

    /// How long a write may make no progress.
    pub fn set_write_timeout(&self, timeout: Duration) {
        // Zero is the only thing refused, and no configuration has it.
        let _ = self.socket().set_write_timeout(Some(timeout));
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.socket().peer_addr().ok()
    }
}
