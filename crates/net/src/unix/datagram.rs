//! Datagrams between paths.

use crate::socket::Socket;
use gompa_park::time::{self, Nanos};
use gompa_park::{Parker, WaitReason, Wake};
use gompa_sched::netpoll::Interest;
use std::io;
use std::net::Shutdown;
use std::os::unix::net::{self, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// [`std::os::unix::net::UnixDatagram`], parking.
pub struct UnixDatagram {
    socket: Arc<Socket<mio::net::UnixDatagram>>,
}

common_face!(UnixDatagram, mio::net::UnixDatagram, net::UnixDatagram);
convert_with_timeouts!(UnixDatagram, mio::net::UnixDatagram, net::UnixDatagram);
limits!(UnixDatagram);

impl UnixDatagram {
    /// A socket at `path`, which must not exist yet and is not removed at the end.
    ///
    /// # Errors
    /// The system's.
    pub fn bind<P: AsRef<Path>>(path: P) -> io::Result<UnixDatagram> {
        mio::net::UnixDatagram::bind(path).map(UnixDatagram::new)
    }

    /// A socket at an address, which may be an abstract one.
    ///
    /// # Errors
    /// The system's.
    pub fn bind_addr(addr: &SocketAddr) -> io::Result<UnixDatagram> {
        mio::net::UnixDatagram::bind_addr(addr).map(UnixDatagram::new)
    }

    /// A socket without a name.
    ///
    /// # Errors
    /// The system's.
    pub fn unbound() -> io::Result<UnixDatagram> {
        mio::net::UnixDatagram::unbound().map(UnixDatagram::new)
    }

    /// Two sockets without names, each fixed to the other.
    ///
    /// # Errors
    /// The system's.
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (a, b) = mio::net::UnixDatagram::pair()?;
        Ok((UnixDatagram::new(a), UnixDatagram::new(b)))
    }

    /// Fixes the other end.
    ///
    /// # Errors
    /// The system's.
    pub fn connect<P: AsRef<Path>>(&self, path: P) -> io::Result<()> {
        self.socket.get_ref().connect(path)
    }

    /// Receives a datagram: its length, cut to that of `buf`, and the sender.
    ///
    /// # Errors
    /// The system's; `TimedOut`; [`Closed`](crate::Closed).
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.io(Interest::Read, |io| io.recv_from(buf))
    }

    /// Receives a datagram.
    ///
    /// # Errors
    /// As for [`recv_from`](Self::recv_from).
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.io(Interest::Read, |io| io.recv(buf))
    }

    /// Sends a datagram to the other end fixed by [`connect`](Self::connect) or
    /// [`pair`](Self::pair).
    ///
    /// # Errors
    /// The system's; `TimedOut`; [`Closed`](crate::Closed).
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.io(Interest::Write, |io| io.send(buf))
    }

    /// Sends a datagram to `path`. While the receiver's queue is full, it is tried again after a
    /// pause: to a sender that is not connected the system does not tell when there is room.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub fn send_to<P: AsRef<Path>>(&self, buf: &[u8], path: P) -> io::Result<usize> {
        const FIRST: Duration = Duration::from_micros(50);
        const LONGEST: Duration = Duration::from_millis(5);
        let path = path.as_ref();
        let limit = self.socket.limit(Interest::Write);
        let mut pause = FIRST;
        loop {
            self.socket.check(Interest::Write)?;
            match self.socket.get_ref().send_to(buf, path) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && !self.socket.nonblocking() => {
                    if time::now() >= limit {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    sleep_until(time::after(pause).min(limit));
                    pause = (pause * 2).min(LONGEST);
                }
                done => return done,
            }
        }
    }

    /// The other end, if fixed.
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

    /// Ends receiving, sending or both, for all handles.
    ///
    /// # Errors
    /// The system's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.get_ref().shutdown(how)
    }
}

/// Nobody knows of this wait, so only its deadline or the runtime's end ends it.
fn sleep_until(at: Nanos) {
    let parker = Parker::current();
    if parker.park(WaitReason::IoWait, at) == Wake::Interrupted {
        parker.abandon();
    }
}
