//! TCP: what std promises, on threads and on goroutines; deadlines and `close` besides.

mod common;

use common::{LONG, SHORT, both, go};
use gompa_net::{Closed, Shutdown, TcpListener, TcpStream};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::time::{Duration, Instant};

/// Two ends of a connection.
fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, peer) = listener.accept().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    assert_eq!(server.local_addr().unwrap(), client.peer_addr().unwrap());
    (client, server)
}

fn echo(mut stream: TcpStream) -> io::Result<()> {
    let mut buf = [0; 4096];
    loop {
        match stream.read(&mut buf)? {
            0 => return Ok(()),
            n => stream.write_all(&buf[..n])?,
        }
    }
}

#[test]
fn many_connections_at_once() {
    both(|| {
        const CONNECTIONS: usize = 64;
        const MESSAGES: usize = 20;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = go(move || {
            let echoes: Vec<_> = listener
                .incoming()
                .take(CONNECTIONS)
                .map(|stream| {
                    let stream = stream.unwrap();
                    go(move || echo(stream).unwrap())
                })
                .collect();
            echoes.into_iter().for_each(|echo| echo.join());
        });
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|i| {
                go(move || {
                    let mut stream = TcpStream::connect(addr).unwrap();
                    for j in 0..MESSAGES {
                        let message = format!("message {j} of client {i}");
                        stream.write_all(message.as_bytes()).unwrap();
                        let mut back = vec![0; message.len()];
                        stream.read_exact(&mut back).unwrap();
                        assert_eq!(back, message.as_bytes());
                    }
                })
            })
            .collect();
        clients.into_iter().for_each(|client| client.join());
        server.join();
    });
}

#[test]
fn a_slow_reader_gets_all_of_a_big_transfer() {
    both(|| {
        const TOTAL: usize = 8 << 20;
        let (mut a, mut b) = pair();
        let writer = go(move || {
            let data: Vec<u8> = (0..TOTAL).map(|i| (i % 251) as u8).collect();
            a.write_all(&data).unwrap();
        });
        let mut buf = vec![0; 100_000];
        let (mut got, mut reads) = (0, 0);
        while got < TOTAL {
            let n = b.read(&mut buf).unwrap();
            assert!(n > 0, "ended after {got} bytes");
            assert!(
                buf[..n]
                    .iter()
                    .zip(got..)
                    .all(|(&x, i)| x == (i % 251) as u8)
            );
            got += n;
            reads += 1;
            if reads % 32 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        writer.join();
        assert_eq!(b.read(&mut buf).unwrap(), 0);
    });
}

#[test]
fn half_close() {
    both(|| {
        let (mut a, mut b) = pair();
        let peer = go(move || {
            let mut all = String::new();
            b.read_to_string(&mut all).unwrap();
            b.write_all(all.to_uppercase().as_bytes()).unwrap();
        });
        a.write_all(b"half a conversation").unwrap();
        a.shutdown(Shutdown::Write).unwrap();
        assert_eq!(a.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut answer = String::new();
        a.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, "HALF A CONVERSATION");
        peer.join();
    });
}

#[test]
fn an_end_right_behind_the_data_is_seen() {
    both(|| {
        // The read of the data is short, and the end is there already: the next read must not wait
        // for something to happen.
        for _ in 0..50 {
            let (mut a, mut b) = pair();
            let reader = go(move || {
                let mut buf = [0; 100];
                let mut got = 0;
                loop {
                    match b.read(&mut buf).unwrap() {
                        0 => return got,
                        n => got += n,
                    }
                }
            });
            a.write_all(b"last words").unwrap();
            drop(a);
            assert_eq!(reader.join(), 10);
        }
    });
}

#[test]
fn urgent_data_does_not_hide_what_follows() {
    both(|| {
        let (mut a, mut b) = pair();
        let reader = go(move || {
            let mut buf = [0; 100];
            let mut got = Vec::new();
            while got.len() < 6 {
                let n = b.read(&mut buf).unwrap();
                assert!(n > 0);
                got.extend_from_slice(&buf[..n]);
            }
            got
        });
        std::thread::sleep(SHORT);
        a.write_all(b"abc").unwrap();
        let fd = std::os::fd::AsRawFd::as_raw_fd(&a);
        // SAFETY: one readable byte, an open socket.
        let sent = unsafe { libc::send(fd, b"!".as_ptr().cast(), 1, libc::MSG_OOB) };
        assert_eq!(sent, 1);
        a.write_all(b"def").unwrap();
        assert_eq!(reader.join(), b"abcdef");
    });
}

#[test]
fn shutdown_wakes_who_reads() {
    both(|| {
        let (_a, mut b) = pair();
        let other = b.try_clone().unwrap();
        let reader = go(move || b.read(&mut [0; 10]).unwrap());
        std::thread::sleep(SHORT);
        other.shutdown(Shutdown::Both).unwrap();
        assert_eq!(reader.join(), 0);
    });
}

#[test]
fn close_wakes_who_reads_and_writes() {
    both(|| {
        let (mut a, b) = pair();
        let reader = go({
            let mut b = b.try_clone().unwrap();
            move || b.read(&mut [0; 10]).unwrap_err()
        });
        let writer = go({
            let mut b = b.try_clone().unwrap();
            move || b.write_all(&vec![0; 64 << 20]).unwrap_err()
        });
        std::thread::sleep(SHORT);
        b.close();
        let is_closed = |e: &io::Error| e.get_ref().is_some_and(|e| e.is::<Closed>());
        assert!(is_closed(&reader.join()));
        let e = writer.join();
        // Either the wait ended, or a write met the closed socket.
        assert!(is_closed(&e) || e.kind() == ErrorKind::BrokenPipe, "{e}");
        assert!(is_closed(&(&b).read(&mut [0]).unwrap_err()));
        // The other end sees the end, though handles are still there.
        let mut rest = Vec::new();
        let _ = a.read_to_end(&mut rest);
    });
}

#[test]
fn close_ends_accepting() {
    both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let other = listener.try_clone().unwrap();
        let accepting = go(move || other.accept().map(drop).unwrap_err());
        std::thread::sleep(SHORT);
        listener.close();
        let e = accepting.join();
        assert_eq!(e.to_string(), "use of closed network connection");
        assert!(listener.accept().is_err());
        let refused = TcpStream::connect(addr).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
}

#[test]
fn dropping_one_clone_leaves_the_other() {
    both(|| {
        let (mut a, b) = pair();
        let mut clone = b.try_clone().unwrap();
        let reader = go(move || {
            let mut buf = [0; 5];
            clone.read_exact(&mut buf).unwrap();
            buf
        });
        std::thread::sleep(SHORT);
        drop(b);
        a.write_all(b"still").unwrap();
        assert_eq!(&reader.join(), b"still");
        assert_eq!(a.read(&mut [0]).unwrap(), 0);
    });
}

#[test]
fn both_directions_and_shared_references() {
    both(|| {
        let (a, b) = pair();
        let echoing = go(move || echo(b).unwrap());
        let a = std::sync::Arc::new(a);
        let writer = go({
            let a = a.clone();
            move || {
                for i in 0..=255 {
                    (&*a).write_all(&[i]).unwrap();
                }
                a.shutdown(Shutdown::Write).unwrap();
            }
        });
        let mut all = Vec::new();
        (&*a).read_to_end(&mut all).unwrap();
        assert!(all.into_iter().eq(0..=255));
        writer.join();
        echoing.join();
    });
}

#[test]
fn several_readers_of_one_stream() {
    both(|| {
        const EACH: usize = 100;
        let (mut a, b) = pair();
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let mut b = b.try_clone().unwrap();
                go(move || {
                    for _ in 0..EACH {
                        b.read_exact(&mut [0]).unwrap();
                    }
                })
            })
            .collect();
        for _ in 0..EACH {
            a.write_all(&[0; 8]).unwrap();
        }
        readers.into_iter().for_each(|reader| reader.join());
    });
}

#[test]
fn timeouts() {
    both(|| {
        let (mut a, mut b) = pair();
        assert_eq!(b.read_timeout().unwrap(), None);
        let zero = b.set_read_timeout(Some(Duration::ZERO)).unwrap_err();
        assert_eq!(zero.kind(), ErrorKind::InvalidInput);
        b.set_read_timeout(Some(SHORT)).unwrap();
        assert_eq!(b.try_clone().unwrap().read_timeout().unwrap(), Some(SHORT));
        let start = Instant::now();
        assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(start.elapsed() >= SHORT);
        // Each operation anew, and only when it must wait.
        a.write_all(&[1, 2]).unwrap();
        b.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        b.set_read_timeout(None).unwrap();
        // Nobody reads: sooner or later there is no room.
        a.set_write_timeout(Some(SHORT)).unwrap();
        let full = a.write_all(&vec![0; 64 << 20]).unwrap_err();
        assert_eq!(full.kind(), ErrorKind::TimedOut);
        let never = TcpStream::connect_timeout(&b.local_addr().unwrap(), Duration::ZERO);
        assert_eq!(never.unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

#[test]
fn deadlines() {
    both(|| {
        let (mut a, b) = pair();
        // In progress.
        let reader = go({
            let mut b = b.try_clone().unwrap();
            move || b.read(&mut [0]).unwrap_err().kind()
        });
        std::thread::sleep(SHORT);
        b.set_read_deadline(Some(Instant::now()));
        assert_eq!(reader.join(), ErrorKind::TimedOut);
        // Past: also what is there is not read; writing goes on.
        a.write_all(&[7]).unwrap();
        assert_eq!((&b).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        (&b).write_all(&[8]).unwrap();
        // Moved, and lifted.
        b.set_deadline(Some(Instant::now() + LONG));
        assert_eq!((&b).read(&mut [0]).unwrap(), 1);
        b.set_deadline(None);
        // In the future, shorter than the timeout.
        b.set_read_timeout(Some(LONG)).unwrap();
        b.set_deadline(Some(Instant::now() + SHORT));
        assert_eq!((&b).read(&mut [0]).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!((&b).write(&[0]).unwrap_err().kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn a_listener_has_a_deadline() {
    both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_deadline(Some(Instant::now() + SHORT));
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::TimedOut);
        listener.set_deadline(None);
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        listener.accept().unwrap();
    });
}

#[test]
fn nonblocking_mode() {
    both(|| {
        let (mut a, mut b) = pair();
        b.set_nonblocking(true).unwrap();
        assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        a.write_all(&[1, 2, 3]).unwrap();
        let mut buf = [0; 10];
        let n = loop {
            match b.read(&mut buf) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
                done => break done.unwrap(),
            }
        };
        assert_eq!(n, 3);
        assert_eq!(b.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        b.set_nonblocking(false).unwrap();
        let writer = go(move || a.write_all(&[4]).unwrap());
        assert_eq!(b.read(&mut buf).unwrap(), 1);
        writer.join();
    });
}

#[test]
fn waiting_for_something_to_read() {
    both(|| {
        let (mut a, mut b) = pair();
        let mut buf = [0; 8];
        for round in 0..3 {
            let waiter = b.try_clone().unwrap();
            let waiting = go(move || waiter.wait_readable().unwrap());
            a.write_all(b"abc").unwrap();
            waiting.join();
            // It is there, and stays.
            b.wait_readable().unwrap();
            assert_eq!(b.read(&mut buf).unwrap(), 3, "{round}");
        }
        b.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let e = b.wait_readable().unwrap_err();
        assert!(matches!(
            e.kind(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut
        ));
        b.set_read_timeout(None).unwrap();
        drop(a);
        b.wait_readable().unwrap();
        assert_eq!(b.read(&mut buf).unwrap(), 0);
    });
}

#[test]
fn peek_vectored_and_options() {
    both(|| {
        let (mut a, mut b) = pair();
        let n = a
            .write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"cde")])
            .unwrap();
        assert_eq!(n, 5);
        let mut buf = [0; 8];
        let n = b.peek(&mut buf).unwrap();
        assert_eq!(&buf[..n], &b"abcde"[..n]);
        let (mut x, mut y) = ([0; 3], [0; 8]);
        let n = b
            .read_vectored(&mut [IoSliceMut::new(&mut x), IoSliceMut::new(&mut y)])
            .unwrap();
        assert_eq!((n, &x, &y[..2]), (5, b"abc", &b"de"[..]));

        assert!(!a.nodelay().unwrap());
        a.set_nodelay(true).unwrap();
        assert!(a.nodelay().unwrap());
        a.set_ttl(42).unwrap();
        assert_eq!(a.ttl().unwrap(), 42);
        assert!(a.take_error().unwrap().is_none());
        assert!(format!("{a:?}").starts_with("TcpStream { addr: 127.0.0.1:"));
    });
}

#[test]
fn from_and_into_std() {
    both(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(SHORT)).unwrap();
        let mut client = TcpStream::try_from(client).unwrap();
        let (server, _) = listener.accept().unwrap();
        assert_eq!(client.read_timeout().unwrap(), Some(SHORT));
        assert_eq!(
            client.read(&mut [0]).unwrap_err().kind(),
            ErrorKind::TimedOut
        );

        let mut std = client.into_std().unwrap();
        assert_eq!(std.read_timeout().unwrap(), Some(SHORT));
        std.set_read_timeout(None).unwrap();
        let writer = go(move || {
            std::thread::sleep(SHORT);
            (&server).write_all(b"blocking").unwrap();
            server
        });
        let mut buf = [0; 8];
        std.read_exact(&mut buf).unwrap();
        assert_eq!(&buf, b"blocking");
        let server = writer.join();

        // With a clone left the mode is shared.
        let clone = server.try_clone().unwrap();
        let mut std = server.into_std().unwrap();
        assert_eq!(
            std.read(&mut [0]).unwrap_err().kind(),
            ErrorKind::WouldBlock
        );
        (&clone).write_all(b"x").unwrap();
        let _blocking = listener.into_std().unwrap();
    });
}

#[test]
fn errors_of_connecting_and_binding() {
    both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        assert_eq!(
            TcpListener::bind(addr).unwrap_err().kind(),
            ErrorKind::AddrInUse
        );
        // Closed, but still there, so that nobody else is given the port.
        listener.close();
        let refused = TcpStream::connect_timeout(&addr, LONG).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let none: &[std::net::SocketAddr] = &[];
        let e = TcpStream::connect(none).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidInput);
        // The second address answers.
        let closed = listener;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let both = [addr, listener.local_addr().unwrap()];
        TcpStream::connect(&both[..]).unwrap();
        drop(closed);
        // A name.
        let port = listener.local_addr().unwrap().port();
        TcpStream::connect(("localhost", port)).unwrap();
    });
}

#[test]
fn accepting_shared_by_several() {
    both(|| {
        const CONNECTIONS: usize = 60;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let acceptors: Vec<_> = (0..4)
            .map(|_| {
                let listener = listener.try_clone().unwrap();
                go(move || {
                    let mut served = 0;
                    while let Ok((mut stream, _)) = listener.accept() {
                        stream.write_all(b"hello").unwrap();
                        served += 1;
                    }
                    served
                })
            })
            .collect();
        for _ in 0..CONNECTIONS {
            let mut greeting = String::new();
            TcpStream::connect(addr)
                .unwrap()
                .read_to_string(&mut greeting)
                .unwrap();
            assert_eq!(greeting, "hello");
        }
        listener.close();
        let served: usize = acceptors.into_iter().map(|a| a.join()).sum();
        assert_eq!(served, CONNECTIONS);
    });
}

#[test]
fn the_end_of_a_runtime_closes_what_its_goroutines_held() {
    let (addr, mut plain) = gompa_sched::run(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let plain = std::net::TcpStream::connect(addr).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        gompa_sched::go(move || listener.accept().map(drop));
        gompa_sched::go(move || stream.read(&mut [0]));
        std::thread::sleep(SHORT);
        (addr, plain)
    });
    // Both were abandoned where they waited, and their destructors have run, or will soon.
    plain.set_read_timeout(Some(LONG)).unwrap();
    assert_eq!(plain.read(&mut [0]).unwrap(), 0);
    let start = Instant::now();
    while TcpStream::connect(addr).is_ok() {
        assert!(start.elapsed() < LONG, "still listening");
        std::thread::sleep(SHORT);
    }
}
