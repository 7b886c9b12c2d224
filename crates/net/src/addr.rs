//! Names to addresses.

use gompa_sched::blocking;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

/// The addresses of `name`. May ask a name server: the others run meanwhile.
pub(crate) fn resolve<A: ToSocketAddrs>(name: A) -> io::Result<A::Iter> {
    blocking(|| name.to_socket_addrs())
}

/// Tries the addresses of `name` one after the other, until `attempt` succeeds.
pub(crate) fn try_each<A: ToSocketAddrs, R>(
    name: A,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<R>,
) -> io::Result<R> {
    let mut last = None;
    for addr in resolve(name)? {
        match attempt(addr) {
            Ok(done) => return Ok(done),
            Err(e) => last = Some(e),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

/// A name that stands for no address.
pub(crate) fn no_address() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "could not resolve to any addresses",
    )
}
