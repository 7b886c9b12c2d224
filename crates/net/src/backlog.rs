//! How many connections may wait to be accepted: as many as the system allows, as in Go. std's 128
//! makes clients that come by the thousand try again after a second.

use std::io;
use std::os::fd::AsRawFd;

/// Asks for the longest backlog; the system cuts it to `net.core.somaxconn`.
pub(crate) fn lengthened<L: AsRawFd>(listener: L) -> io::Result<L> {
    // SAFETY: the descriptor is open as long as the listener; listening again only changes the
    // backlog.
    match unsafe { libc::listen(listener.as_raw_fd(), i32::MAX) } {
        0 => Ok(listener),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    #[test]
    fn the_system_s_limit_is_what_listeners_get() {
        let listener = crate::TcpListener::bind("127.0.0.1:0").unwrap();
        let limit = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        let mut info: libc::tcp_info = no_info();
        let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
        // SAFETY: the kernel writes at most `len` bytes.
        let asked = unsafe {
            libc::getsockopt(
                listener.as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_INFO,
                (&raw mut info).cast(),
                &mut len,
            )
        };
        assert_eq!(asked, 0);
        // Of a listening socket this is the backlog.
        assert_eq!(info.tcpi_sacked, limit.trim().parse::<u32>().unwrap());
    }

    fn no_info() -> libc::tcp_info {
        // SAFETY: plain numbers.
        unsafe { std::mem::zeroed() }
    }
}
