//! UDP and Unix sockets, on threads and on goroutines.

mod common;

use common::{SHORT, both, go};
use gompa_net::{Closed, Shutdown, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use std::io::{ErrorKind, Read, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// A path for a socket, removed at the end.
struct SocketPath(PathBuf);

impl SocketPath {
    fn new() -> SocketPath {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("gompa-net-{}-{n}.sock", std::process::id());
        SocketPath(std::env::temp_dir().join(name))
    }
}

impl Drop for SocketPath {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn datagrams_to_and_fro() {
    both(|| {
        let a = UdpSocket::bind("127.0.0.1:0").unwrap();
        let b = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (to_a, to_b) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let echo = go(move || {
            let mut buf = [0; 100];
            loop {
                let (n, from) = b.recv_from(&mut buf).unwrap();
                if n == 0 {
                    return b;
                }
                assert_eq!(b.send_to(&buf[..n], from).unwrap(), n);
            }
        });
        let mut buf = [0; 100];
        for i in 0..50u8 {
            a.send_to(&[i, i + 1], to_b).unwrap();
            assert_eq!(a.peek_from(&mut buf).unwrap(), (2, to_b));
            assert_eq!(a.recv_from(&mut buf).unwrap(), (2, to_b));
            assert_eq!(buf[..2], [i, i + 1]);
        }
        a.send_to(&[], to_b).unwrap();
        let b = echo.join();
        a.connect(to_b).unwrap();
        b.connect(to_a).unwrap();
        assert_eq!(a.peer_addr().unwrap(), to_b);
        a.send(b"fixed").unwrap();
        assert_eq!(b.peek(&mut buf).unwrap(), 5);
        assert_eq!(b.recv(&mut buf).unwrap(), 5);
    });
}

#[test]
fn limits_of_datagrams() {
    both(|| {
        let a = UdpSocket::bind("127.0.0.1:0").unwrap();
        a.set_read_timeout(Some(SHORT)).unwrap();
        let mut buf = [0; 10];
        let late = a.recv_from(&mut buf).unwrap_err();
        assert_eq!(late.kind(), ErrorKind::TimedOut);
        a.set_read_timeout(None).unwrap();
        a.set_read_deadline(Some(Instant::now() + SHORT));
        assert_eq!(a.recv(&mut buf).unwrap_err().kind(), ErrorKind::TimedOut);
        a.set_deadline(None);
        let receiver = go({
            let a = a.try_clone().unwrap();
            move || a.recv_from(&mut [0; 10]).unwrap_err()
        });
        std::thread::sleep(SHORT);
        a.close();
        assert!(receiver.join().get_ref().unwrap().is::<Closed>());
    });
}

#[test]
fn options_of_datagrams() {
    both(|| {
        let a = UdpSocket::bind("127.0.0.1:0").unwrap();
        assert!(!a.broadcast().unwrap());
        a.set_broadcast(true).unwrap();
        assert!(a.broadcast().unwrap());
        a.set_ttl(9).unwrap();
        assert_eq!(a.ttl().unwrap(), 9);
        a.set_multicast_loop_v4(false).unwrap();
        assert!(!a.multicast_loop_v4().unwrap());
        a.set_multicast_ttl_v4(3).unwrap();
        assert_eq!(a.multicast_ttl_v4().unwrap(), 3);
        // Whether there is an interface for it depends on the machine; not being in a group does
        // not.
        let group = Ipv4Addr::new(224, 0, 0, 123);
        assert!(a.leave_multicast_v4(&group, &Ipv4Addr::LOCALHOST).is_err());
        let std = a.into_std().unwrap();
        assert!(
            UdpSocket::from_std(std)
                .unwrap()
                .take_error()
                .unwrap()
                .is_none()
        );
    });
}

#[test]
fn unix_streams() {
    both(|| {
        let path = SocketPath::new();
        let listener = UnixListener::bind(&path.0).unwrap();
        let bound = listener.local_addr().unwrap();
        assert_eq!(bound.as_pathname(), Some(path.0.as_path()));
        let server = go(move || {
            for stream in listener.incoming().take(10) {
                let mut stream = stream.unwrap();
                go(move || {
                    let mut all = Vec::new();
                    stream.read_to_end(&mut all).unwrap();
                    all.reverse();
                    stream.write_all(&all).unwrap();
                });
            }
            listener
        });
        for i in 0..10u8 {
            let mut stream = UnixStream::connect(&path.0).unwrap();
            stream.write_all(&[1, 2, i]).unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut back = Vec::new();
            stream.read_to_end(&mut back).unwrap();
            assert_eq!(back, [i, 2, 1]);
        }
        let listener = server.join();
        let closing = go({
            let listener = listener.try_clone().unwrap();
            move || listener.accept().map(drop).unwrap_err()
        });
        std::thread::sleep(SHORT);
        listener.close();
        assert!(closing.join().get_ref().unwrap().is::<Closed>());
        assert!(UnixStream::connect(&path.0).is_err());
    });
}

#[test]
fn more_connections_than_the_backlog_holds() {
    both(|| {
        // Where a connection attempt finds no room it must wait, not fail.
        let path = SocketPath::new();
        let listener = std::os::unix::net::UnixListener::bind(&path.0).unwrap();
        // SAFETY: no duties; sets a smaller backlog.
        let set = unsafe { libc::listen(std::os::fd::AsRawFd::as_raw_fd(&listener), 1) };
        assert_eq!(set, 0);
        let listener = UnixListener::from_std(listener).unwrap();
        let clients: Vec<_> = (0..6)
            .map(|_| {
                let path = path.0.clone();
                go(move || {
                    let mut stream = UnixStream::connect(path).unwrap();
                    let mut greeting = String::new();
                    stream.read_to_string(&mut greeting).unwrap();
                    greeting
                })
            })
            .collect();
        std::thread::sleep(SHORT);
        for stream in listener.incoming().take(6) {
            stream.unwrap().write_all(b"welcome").unwrap();
        }
        for client in clients {
            assert_eq!(client.join(), "welcome");
        }
    });
}

#[test]
fn unix_pairs_and_limits() {
    both(|| {
        let (mut a, mut b) = UnixStream::pair().unwrap();
        b.set_read_timeout(Some(SHORT)).unwrap();
        assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        b.set_read_timeout(None).unwrap();
        let writer = go(move || {
            a.write_all(&vec![3; 1 << 20]).unwrap();
        });
        let mut all = Vec::new();
        b.read_to_end(&mut all).unwrap();
        assert_eq!(all.len(), 1 << 20);
        assert!(all.iter().all(|&byte| byte == 3));
        writer.join();
        let mut b = b.into_std().unwrap();
        assert_eq!(b.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn unix_datagrams() {
    both(|| {
        let (here, there) = (SocketPath::new(), SocketPath::new());
        let a = UnixDatagram::bind(&here.0).unwrap();
        let b = UnixDatagram::bind(&there.0).unwrap();
        // More than the receiver's queue holds: the sender must wait for it.
        const MANY: usize = 500;
        let sender = go({
            let there = there.0.clone();
            move || {
                for i in 0..MANY {
                    a.send_to(&(i as u32).to_le_bytes(), &there).unwrap();
                }
                a
            }
        });
        std::thread::sleep(SHORT);
        let mut buf = [0; 4];
        for i in 0..MANY {
            let (n, from) = b.recv_from(&mut buf).unwrap();
            assert_eq!((n, u32::from_le_bytes(buf)), (4, i as u32));
            assert_eq!(from.as_pathname(), Some(here.0.as_path()));
        }
        let a = sender.join();
        a.connect(&there.0).unwrap();
        a.send(b"last").unwrap();
        assert_eq!(b.recv(&mut buf).unwrap(), 4);
        // Nobody receives: the queue is full, then the time is over.
        a.set_write_timeout(Some(SHORT)).unwrap();
        let full = (0..10_000).find_map(|_| a.send_to(b"x", &there.0).err());
        assert_eq!(full.unwrap().kind(), ErrorKind::TimedOut);
        let full = (0..10_000).find_map(|_| a.send(b"x").err());
        assert_eq!(full.unwrap().kind(), ErrorKind::TimedOut);
    });
}
