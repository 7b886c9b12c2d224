//! A connection at a path.
//!
//! Reads of a Unix stream may stop short between two messages that carry credentials or
//! descriptors, so a short read proves nothing here, and each read is tried first.

use crate::socket::Socket;
use gompa_sched::blocking;
use gompa_sched::netpoll::Interest;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// [`std::os::unix::net::UnixStream`], parking.
pub struct UnixStream {
    socket: Arc<Socket<mio::net::UnixStream>>,
}

common_face!(UnixStream, mio::net::UnixStream, net::UnixStream);
convert_with_timeouts!(UnixStream, mio::net::UnixStream, net::UnixStream);
limits!(UnixStream);
stream_io!(UnixStream, &UnixStream);

impl UnixStream {
    /// Connects to who listens at `path`.
    ///
    /// # Errors
    /// The system's.
    pub fn connect<P: AsRef<Path>>(path: P) -> io::Result<UnixStream> {
        UnixStream::connect_addr(&SocketAddr::from_pathname(path)?)
    }

    /// Connects to who listens at an address, which may be an abstract one.
    ///
    /// # Errors
    /// The system's.
    pub fn connect_addr(addr: &SocketAddr) -> io::Result<UnixStream> {
        match mio::net::UnixStream::connect_addr(addr) {
            Ok(stream) => Ok(UnixStream::new(stream)),
            // The listener's backlog is full. The system tells nobody when there is room again,
            // save who blocks.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                UnixStream::from_std(blocking(|| net::UnixStream::connect_addr(addr))?)
            }
            Err(e) => Err(e),
        }
    }

    /// Two ends of a new connection without a name.
    ///
    /// # Errors
    /// The system's.
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (a, b) = mio::net::UnixStream::pair()?;
        Ok((UnixStream::new(a), UnixStream::new(b)))
    }

    /// Who is at the other end.
    ///
    /// # Errors
    /// The system's.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get_ref().peer_addr()
    }

    /// This end.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get_ref().local_addr()
    }

    /// Ends reading, writing or both, for all handles. Who waits for that direction is woken.
    ///
    /// # Errors
    /// The system's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.get_ref().shutdown(how)
    }

    fn receive(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.io(Interest::Read, |mut io| io.read(buf))
    }

    fn receive_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.socket
            .io(Interest::Read, |mut io| io.read_vectored(bufs))
    }

    fn transmit(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.io(Interest::Write, |mut io| io.write(buf))
    }

    fn transmit_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.socket
            .io(Interest::Write, |mut io| io.write_vectored(bufs))
    }
}
