//! Sockets for blocking-style code that keeps no thread while it waits.
//!
//! The types have the names and methods of [`std::net`] and [`std::os::unix::net`]. On a goroutine
//! an operation that cannot go on parks the goroutine; on a plain thread it blocks the thread, with
//! no runtime needed. They implement [`Read`](std::io::Read) and [`Write`](std::io::Write), so
//! synchronous protocol crates run on them unchanged.
//!
//! ```
//! use gompa_net::{TcpListener, TcpStream};
//! use std::io::{Read, Write};
//!
//! let greeting = gompa_sched::run(|| {
//!     let listener = TcpListener::bind("127.0.0.1:0").unwrap();
//!     let addr = listener.local_addr().unwrap();
//!     gompa_sched::go(move || {
//!         let (mut stream, _) = listener.accept().unwrap();
//!         stream.write_all(b"hello").unwrap();
//!     });
//!     let mut greeting = String::new();
//!     TcpStream::connect(addr).unwrap().read_to_string(&mut greeting).unwrap();
//!     greeting
//! });
//! assert_eq!(greeting, "hello");
//! ```
//!
//! # How an operation goes
//! It is tried first, and waits only if the system says that it would block; then it is tried again.
//! The system's descriptor is always in non-blocking mode.
//!
//! # Where they go beyond std
//! - **Deadlines**, as in Go: `set_deadline(Some(instant))`. From that instant on operations fail
//!   with [`TimedOut`](std::io::ErrorKind::TimedOut), those in progress too. A deadline can be moved
//!   or lifted at any time, from anywhere. Timeouts (`set_read_timeout`) are std's: a limit for each
//!   single operation. Here a timeout that has run out is `TimedOut`, never `WouldBlock`.
//! - **`close`**, as in Go: from anywhere, ends the connection and every operation in progress, with
//!   [`Closed`]. Dropping the last handle closes too.
//!
//! # Where they differ from std
//! - `try_clone` gives a second handle to the same descriptor rather than a second descriptor.
//!   Timeouts, deadlines and the mode below belong to the socket, hence to all clones; as in std,
//!   where the system keeps them.
//! - `set_nonblocking(true)` makes operations return `WouldBlock` instead of waiting. It is a mark on
//!   the socket and costs no system call.
//! - Listeners ask for the longest backlog the system allows, as Go does, not for 128.
//! - A conversion from or into std's type can fail, since it may have to change the descriptor's
//!   mode: `from_std`, `into_std`.
//!
//! # Rooms
//! - `socket`: what all have in common: an operation, its limits, the end.
//! - `face`: the methods all have in common, as macros.
//! - `tcp`, `udp`, `unix`: the types.
//! - `addr`: names to addresses. `backlog`: how many connections wait to be accepted.

#[macro_use]
mod face;

mod addr;
mod backlog;
mod socket;
mod tcp;
mod udp;
mod unix;

pub use gompa_sched::netpoll::Closed;
pub use std::net::{
    AddrParseError, IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, SocketAddrV4, SocketAddrV6,
    ToSocketAddrs,
};
pub use tcp::{Incoming, IntoIncoming, TcpListener, TcpStream};
pub use udp::UdpSocket;
pub use unix::{UnixDatagram, UnixIncoming, UnixListener, UnixStream};
