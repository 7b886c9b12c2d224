//! Waiting for connections at a path.

use super::UnixStream;
use crate::backlog::lengthened;
use crate::socket::Socket;
use gompa_sched::netpoll::Interest;
use std::io;
use std::iter::FusedIterator;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;
use std::sync::Arc;

/// [`std::os::unix::net::UnixListener`], parking.
pub struct UnixListener {
    socket: Arc<Socket<mio::net::UnixListener>>,
}

common_face!(UnixListener, mio::net::UnixListener, net::UnixListener);
convert_listener!(UnixListener, mio::net::UnixListener, net::UnixListener);

impl UnixListener {
    /// Listens at `path`, which must not exist yet and is not removed at the end.
    ///
    /// # Errors
    /// The system's.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixListener> {
        lengthened(mio::net::UnixListener::bind(path)?).map(UnixListener::new)
    }

    /// Listens at an address, which may be an abstract one.
    ///
    /// # Errors
    /// The system's.
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixListener> {
        lengthened(mio::net::UnixListener::bind_addr(addr)?).map(UnixListener::new)
    }

    /// Waits for the next connection: its stream, and who is at the other end.
    ///
    /// # Errors
    /// The system's; `TimedOut` after the deadline; [`Closed`](crate::Closed).
    pub fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, addr) = self.socket.io(Interest::Read, |io| io.accept())?;
        Ok((UnixStream::new(stream), addr))
    }

    /// The connections, one after the other, without end.
    pub fn incoming(&self) -> UnixIncoming<'_> {
        UnixIncoming { listener: self }
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.get_ref().local_addr()
    }
}

impl<'a> IntoIterator for &'a UnixListener {
    type Item = io::Result<UnixStream>;
    type IntoIter = UnixIncoming<'a>;

    fn into_iter(self) -> UnixIncoming<'a> {
        self.incoming()
    }
}

/// The connections of a listener. Never ends; errors are items.
#[derive(Debug)]
pub struct UnixIncoming<'a> {
    listener: &'a UnixListener,
}

impl Iterator for UnixIncoming<'_> {
    type Item = io::Result<UnixStream>;

    fn next(&mut self) -> Option<io::Result<UnixStream>> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl FusedIterator for UnixIncoming<'_> {}
