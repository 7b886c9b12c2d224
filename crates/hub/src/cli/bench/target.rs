//! Where the hub is, and from where to connect.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

/// See the [module](self).
#[derive(Debug, Clone)]
pub struct Target {
    pub host: String,
    pub address: SocketAddr,
    /// The path and the query.
    pub path: String,
}

impl Target {
    /// The place a URL names.
    pub fn parse(url: &str, token: Option<&str>) -> Result<Target, String> {
        let rest = url
            .strip_prefix("ws://")
            .ok_or("the URL must begin with ws:// (measure without TLS, or through a proxy)")?;
        let (host, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, "/ws"),
        };
        let full = if host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.ends_with(']'))
        {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        let address = full
            .to_socket_addrs()
            .map_err(|e| format!("{host}: {e}"))?
            .next()
            .ok_or_else(|| format!("{host} has no address"))?;
        let mut path = path.to_owned();
        if let Some(token) = token {
            path += if path.contains('?') { "&" } else { "?" };
            path += &format!("token={token}");
        }
        Ok(Target {
            host: host.into(),
            address,
            path,
        })
    }

    /// The address the `index`th connection comes from: on this machine a new one after every so
    /// many, since each has ports for some 28 000 connections to one place.
    pub fn source(&self, index: usize, first: Ipv4Addr, per_source: usize) -> Option<SocketAddr> {
        match self.address.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => {
                let nth = (index / per_source.max(1)) as u32;
                Some((Ipv4Addr::from(u32::from(first) + nth), 0).into())
            }
            _ => None,
        }
    }

    /// Begins to connect.
    pub fn connect(&self, source: Option<SocketAddr>) -> std::io::Result<mio::net::TcpStream> {
        let family = match self.address {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        if let Some(source) = source {
            choose_port_late(&socket)?;
            bind(&socket, &source)?;
        }
        match connect(&socket, &self.address) {
            Ok(()) | Err(rustix::io::Errno::INPROGRESS) => {}
            Err(e) => return Err(e.into()),
        }
        let stream = mio::net::TcpStream::from_std(socket.into());
        // One that has failed already says so when it is used.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }
}

/// The port is chosen when it is known where to connect: an address has some 28 000 for each place,
/// instead of for all of them together, and need not search for one that nobody at all has.
fn choose_port_late(socket: &OwnedFd) -> std::io::Result<()> {
    let on: libc::c_int = 1;
    // SAFETY: a socket, and an option that takes an int.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IP,
            libc::IP_BIND_ADDRESS_NO_PORT,
            (&raw const on).cast(),
            size_of_val(&on) as libc::socklen_t,
        )
    };
    if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let target = Target::parse("ws://127.0.0.1:7/ws?room=a", Some("t.o.k")).unwrap();
        assert_eq!(
            (target.address.port(), &*target.path),
            (7, "/ws?room=a&token=t.o.k")
        );
        let first = Ipv4Addr::new(127, 1, 0, 1);
        let source = |i| target.source(i, first, 10).unwrap().ip().to_string();
        assert_eq!(
            (source(9), source(10)),
            ("127.1.0.1".into(), "127.1.0.2".into())
        );
        assert_eq!(source(10 * 255), "127.1.1.0");
        let plain = Target::parse("ws://[::1]", None).unwrap();
        assert_eq!((plain.address.port(), &*plain.path), (80, "/ws"));
        assert_eq!(plain.source(0, first, 10), None);
        assert!(Target::parse("http://127.0.0.1:7", None).is_err());
    }
}
