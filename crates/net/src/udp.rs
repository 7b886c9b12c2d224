//! UDP.

use crate::addr::{no_address, try_each};
use crate::socket::Socket;
use gompa_sched::netpoll::Interest;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

/// [`std::net::UdpSocket`], parking.
pub struct UdpSocket {
    socket: Arc<Socket<mio::net::UdpSocket>>,
}

common_face!(UdpSocket, mio::net::UdpSocket, std::net::UdpSocket);
convert_with_timeouts!(UdpSocket, mio::net::UdpSocket, std::net::UdpSocket);
limits!(UdpSocket);

impl UdpSocket {
    /// A socket at the first of the addresses that can be had. Port 0: one the system chooses.
    ///
    /// # Errors
    /// The system's, for the last of the addresses.
    pub fn bind<A: ToSocketAddrs>(addr: A) -> io::Result<UdpSocket> {
        try_each(addr, mio::net::UdpSocket::bind).map(UdpSocket::new)
    }

    /// Fixes the other end: [`send`](Self::send) sends to it, [`recv`](Self::recv) receives from it
    /// alone.
    ///
    /// # Errors
    /// The system's, for the last of the addresses.
    pub fn connect<A: ToSocketAddrs>(&self, addr: A) -> io::Result<()> {
        try_each(addr, |addr| self.socket.get_ref().connect(addr))
    }

    /// Receives a datagram: its length, cut to that of `buf`, and the sender.
    ///
    /// # Errors
    /// The system's; `TimedOut`; [`Closed`](crate::Closed).
    pub fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.io(Interest::Read, |io| io.recv_from(buf))
    }

    /// Like [`recv_from`](Self::recv_from), and leaves the datagram in the queue.
    ///
    /// # Errors
    /// As there.
    pub fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.io(Interest::Read, |io| io.peek_from(buf))
    }

    /// Sends a datagram to the first of the addresses. A name is looked up each time: give an
    /// address if you have it.
    ///
    /// # Errors
    /// The system's; `TimedOut`; [`Closed`](crate::Closed).
    pub fn send_to<A: ToSocketAddrs>(&self, buf: &[u8], addr: A) -> io::Result<usize> {
        // Not as a declared blocking call: nearly always it is an address already.
        let addr = addr.to_socket_addrs()?.next().ok_or_else(no_address)?;
        self.socket.io(Interest::Write, |io| io.send_to(buf, addr))
    }

    /// Receives a datagram from the other end fixed by [`connect`](Self::connect).
    ///
    /// # Errors
    /// As for [`recv_from`](Self::recv_from).
    pub fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.io(Interest::Read, |io| io.recv(buf))
    }

    /// Like [`recv`](Self::recv), and leaves the datagram in the queue.
    ///
    /// # Errors
    /// As there.
    pub fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.socket.io(Interest::Read, |io| io.peek(buf))
    }

    /// Sends a datagram to the other end fixed by [`connect`](Self::connect).
    ///
    /// # Errors
    /// As for [`send_to`](Self::send_to).
    pub fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.socket.io(Interest::Write, |io| io.send(buf))
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
}

/// Options the system keeps, passed on as they are.
macro_rules! options {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $Arg:ty),*) -> $R:ty;)*) => {
        impl UdpSocket {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// The system's.
            pub fn $name(&self, $($arg: $Arg),*) -> io::Result<$R> {
                self.socket.get_ref().$name($($arg),*)
            }
        )*}
    };
}

options! {
    /// Sets `SO_BROADCAST`: datagrams to a broadcast address are let through.
    set_broadcast(on: bool) -> ();
    /// What [`set_broadcast`](Self::set_broadcast) set.
    broadcast() -> bool;
    /// Sets `IP_TTL`.
    set_ttl(ttl: u32) -> ();
    /// What [`set_ttl`](Self::set_ttl) set.
    ttl() -> u32;
    /// Sets `IP_MULTICAST_LOOP`: multicasts come back to this machine.
    set_multicast_loop_v4(on: bool) -> ();
    /// What [`set_multicast_loop_v4`](Self::set_multicast_loop_v4) set.
    multicast_loop_v4() -> bool;
    /// Sets `IP_MULTICAST_TTL`.
    set_multicast_ttl_v4(ttl: u32) -> ();
    /// What [`set_multicast_ttl_v4`](Self::set_multicast_ttl_v4) set.
    multicast_ttl_v4() -> u32;
    /// Sets `IPV6_MULTICAST_LOOP`.
    set_multicast_loop_v6(on: bool) -> ();
    /// What [`set_multicast_loop_v6`](Self::set_multicast_loop_v6) set.
    multicast_loop_v6() -> bool;
    /// Joins a group, at the interface with that address.
    join_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Joins a group, at the interface with that index.
    join_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
    /// Leaves a group.
    leave_multicast_v4(group: &Ipv4Addr, interface: &Ipv4Addr) -> ();
    /// Leaves a group.
    leave_multicast_v6(group: &Ipv6Addr, interface: u32) -> ();
}
