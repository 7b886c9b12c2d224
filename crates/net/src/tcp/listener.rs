//! Waiting for connections.

use super::TcpStream;
use crate::addr::try_each;
use crate::backlog::lengthened;
use crate::socket::Socket;
use gompa_sched::netpoll::Interest;
use std::io;
use std::iter::FusedIterator;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// [`std::net::TcpListener`], parking.
///
/// Errors of [`accept`](Self::accept) such as too many open descriptors are returned, and the
/// connection stays in the backlog: a loop that accepts should pause before it goes on.
pub struct TcpListener {
    socket: Arc<Socket<mio::net::TcpListener>>,
}

common_face!(TcpListener, mio::net::TcpListener, std::net::TcpListener);
convert_listener!(TcpListener, mio::net::TcpListener, std::net::TcpListener);

impl TcpListener {
    /// Listens at the first of the addresses that can be had. Port 0: one the system chooses.
    ///
    /// # Errors
    /// The system's, for the last of the addresses.
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<TcpListener> {
        try_each(addr, |addr| lengthened(mio::net::TcpListener::bind(addr)?)).map(TcpListener::new)
    }

    /// Waits for the next connection: its stream, and who is at the other end.
    ///
    /// # Errors
    /// The system's; `TimedOut` after the deadline; [`Closed`](crate::Closed).
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, addr) = self.socket.io(Interest::Read, |io| io.accept())?;
        Ok((TcpStream::new(stream), addr))
    }

    /// The connections, one after the other, without end.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// Like [`incoming`](Self::incoming), and owns the listener.
    pub fn into_incoming(self) -> IntoIncoming {
        IntoIncoming { listener: self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get_ref().local_addr()
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
}

/// The connections of a listener. Never ends; errors are items.
#[derive(Debug)]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Iterator for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    fn next(&mut self) -> Option<io::Result<TcpStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl FusedIterator for Incoming<'_> {}

/// The connections of a listener it owns. Never ends; errors are items.
#[derive(Debug)]
pub struct IntoIncoming {
    listener: TcpListener,
}

impl Iterator for IntoIncoming {
    type Item = io::Result<TcpStream>;

    fn next(&mut self) -> Option<io::Result<TcpStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl FusedIterator for IntoIncoming {}
