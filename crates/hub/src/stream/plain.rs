//! A socket without anything around it.

use std::io::{self, IoSlice, Read, Write};

use rustix::io::Errno;
use rustix::net::SendFlags;

use super::Written;
use crate::rt::net::TcpStream;

#[inline]
pub fn read(socket: &TcpStream, buf: &mut [u8]) -> io::Result<usize> {
    (&mut &*socket).read(buf)
}

/// The descriptor is in non-blocking mode always, so this asks the system directly.
#[inline]
pub fn try_write(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<Written> {
    loop {
        let bytes = match slices {
            // Cheaper than a write, which is for files of every kind.
            [one] => rustix::net::send(socket, one, SendFlags::NOSIGNAL),
            many => rustix::io::writev(socket, many),
        };
        match bytes {
            Ok(bytes) => {
                return Ok(Written {
                    bytes,
                    flushed: true,
                });
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => {
                return Ok(Written {
                    bytes: 0,
                    flushed: true,
                });
            }
            Err(e) => return Err(e.into()),
        }
    }
}

pub fn write(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    loop {
        match (&mut &*socket).write_vectored(slices) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done,
        }
    }
}
