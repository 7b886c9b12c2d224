//! A connection.

use crate::addr::try_each;
use crate::socket::{Socket, zero_timeout};
use gompa_park::time::{self, NEVER, Nanos};
use gompa_sched::netpoll::Interest;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

/// [`std::net::TcpStream`], parking.
pub struct TcpStream {
    socket: Arc<Socket<mio::net::TcpStream>>,
}

common_face!(TcpStream, mio::net::TcpStream, std::net::TcpStream);
convert_with_timeouts!(TcpStream, mio::net::TcpStream, std::net::TcpStream);
limits!(TcpStream);
stream_io!(TcpStream, &TcpStream);

impl TcpStream {
    /// Connects to the first of the addresses that answers.
    ///
    /// # Errors
    /// The system's, for the last of the addresses.
    pub fn connect<A: ToSocketAddrs>(addr: A) -> io::Result<TcpStream> {
        try_each(addr, |addr| connect(addr, NEVER))
    }

    /// Connects to one address, within `timeout`.
    ///
    /// # Errors
    /// `TimedOut`; `InvalidInput` for a timeout of zero; the system's.
    pub fn connect_timeout(addr: &SocketAddr, timeout: Duration) -> io::Result<TcpStream> {
        if timeout.is_zero() {
            return Err(zero_timeout());
        }
        connect(*addr, time::after(timeout))
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

    /// Ends reading, writing or both, for all handles. Who waits for that direction is woken: reads
    /// give the end of the stream, writes fail.
    ///
    /// # Errors
    /// The system's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.get_ref().shutdown(how)
    }

    /// Receives without removing from the queue.
    ///
    /// # Errors
    /// As for reading.
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.io(Interest::Read, |io| io.peek(buf))
    }

    /// Waits until there is something to read, or nothing will be any more: a read then gives bytes,
    /// the end, or an error (and should it wait after all, no harm is done). With less on the stack
    /// than a read that waits, and no buffer.
    ///
    /// # Errors
    /// As for reading.
    pub fn wait_readable(&self) -> io::Result<()> {
        self.socket.wait_readable(|io| io.peek(&mut [0]))
    }

    /// Sets `TCP_NODELAY`: small writes are sent at once.
    ///
    /// # Errors
    /// The system's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.get_ref().set_nodelay(nodelay)
    }

    /// What [`set_nodelay`](Self::set_nodelay) set.
    ///
    /// # Errors
    /// The system's.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.socket.get_ref().nodelay()
    }

    /// Sets `IP_TTL`.
    ///
    /// # Errors
    /// The system's.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.socket.get_ref().set_ttl(ttl)
    }

    /// What [`set_ttl`](Self::set_ttl) set.
    ///
    /// # Errors
    /// The system's.
    pub fn ttl(&self) -> io::Result<u32> {
        self.socket.get_ref().ttl()
    }

    #[inline]
    fn receive(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket
            .read_stream(buf.len(), |mut io| io.read(&mut *buf))
    }

    fn receive_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let room = bufs.iter().map(|buf| buf.len()).sum();
        self.socket
            .read_stream(room, |mut io| io.read_vectored(&mut *bufs))
    }

    #[inline]
    fn transmit(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.io(Interest::Write, |mut io| io.write(buf))
    }

    fn transmit_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.socket
            .io(Interest::Write, |mut io| io.write_vectored(bufs))
    }
}

/// Connects to `addr`, waiting no longer than until `limit`.
fn connect(addr: SocketAddr, limit: Nanos) -> io::Result<TcpStream> {
    let stream = TcpStream::new(mio::net::TcpStream::connect(addr)?);
    stream.socket.io_within(
        Interest::Write,
        || limit,
        |io, _| {
            if let Some(e) = io.take_error()? {
                return Err(e);
            }
            match io.peer_addr() {
                Ok(_) => Ok(()),
                // Neither failed nor connected: under way.
                Err(e) if e.kind() == io::ErrorKind::NotConnected => {
                    Err(io::ErrorKind::WouldBlock.into())
                }
                Err(e) => Err(e),
            }
        },
    )?;
    Ok(stream)
}
