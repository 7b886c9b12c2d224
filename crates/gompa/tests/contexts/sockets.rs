//! Sockets under contexts: on goroutines, and on plain threads.

use crate::{HOUR, on_one_and_two};
use gompa::context::{Error, background, with_cancel, with_timeout};
use gompa::go;
use gompa::net::{TcpListener, TcpStream, UdpSocket, UnixStream};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::thread;
use std::time::Duration;

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (near, listener.accept().unwrap().0)
}

/// The context's error inside.
fn why(error: &io::Error) -> Option<Error> {
    error.get_ref()?.downcast_ref().copied()
}

/// Each kind of operation waits and is cut; then it works as ever.
fn every_operation() {
    let canceled = Some(Error::Canceled);
    let cancel_soon = || {
        let (ctx, cancel) = with_cancel(&background());
        drop(go(move || {
            gompa::time::sleep(Duration::from_millis(1));
            cancel.cancel();
        }));
        ctx
    };
    let (mut near, mut far) = pair();
    let mut buf = [0; 16];
    let error = cancel_soon().io(|| near.read(&mut buf)).unwrap_err();
    assert_eq!((error.kind(), why(&error)), (ErrorKind::Other, canceled));
    far.write_all(b"after").unwrap();
    assert_eq!(near.read(&mut buf).unwrap(), 5);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(
        why(&cancel_soon().io(|| listener.accept()).unwrap_err()),
        canceled
    );
    let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    listener.accept().unwrap();

    // What fits has been written, and how much that was is told.
    let (mut near, mut far) = pair();
    let ctx = cancel_soon();
    let big = vec![7; 1 << 20];
    let mut written = 0;
    let error = loop {
        match ctx.io(|| near.write(&big)) {
            Ok(n) => written += n,
            Err(e) => break e,
        }
    };
    assert_eq!(why(&error), canceled);
    drop(near);
    let mut arrived = Vec::new();
    far.read_to_end(&mut arrived).unwrap();
    assert_eq!(arrived.len(), written);

    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(
        why(&cancel_soon().io(|| udp.recv_from(&mut buf)).unwrap_err()),
        canceled
    );
    let (mut unix, _other) = UnixStream::pair().unwrap();
    assert_eq!(
        why(&cancel_soon().io(|| unix.read(&mut buf)).unwrap_err()),
        canceled
    );

    let (ctx, _cancel) = with_timeout(&background(), Duration::from_millis(1));
    let (mut near, _far) = pair();
    let error = ctx.io(|| near.read(&mut buf)).unwrap_err();
    assert_eq!(
        (error.kind(), why(&error)),
        (ErrorKind::TimedOut, Some(Error::DeadlineExceeded))
    );
    // Its own time-out is its own.
    near.set_read_timeout(Some(Duration::from_millis(1)))
        .unwrap();
    let (ctx, _cancel) = with_cancel(&background());
    let error = ctx.io(|| near.read(&mut buf)).unwrap_err();
    assert_eq!((error.kind(), why(&error)), (ErrorKind::TimedOut, None));
}

#[test]
fn every_operation_on_goroutines() {
    on_one_and_two(every_operation);
}

#[test]
fn every_operation_on_plain_threads() {
    every_operation();
}

/// Bytes come while contexts end: all arrive, in order, though most reads are cut short.
fn stream_under_hasty_contexts(mut near: TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    let mut buf = [0; 64];
    let mut patience = 0;
    loop {
        patience = (patience + 13) % 50;
        let (ctx, _cancel) = with_timeout(&background(), Duration::from_micros(patience));
        match ctx.io(|| near.read(&mut buf)) {
            Ok(0) => return all,
            Ok(n) => all.extend_from_slice(&buf[..n]),
            Err(e) => assert_eq!(why(&e), Some(Error::DeadlineExceeded)),
        }
    }
}

fn write_slowly(mut far: TcpStream) -> Vec<u8> {
    let all: Vec<u8> = (0..4000_u32).map(|n| (n % 251) as u8).collect();
    for piece in all.chunks(17) {
        far.write_all(piece).unwrap();
        gompa::gosched();
    }
    all
}

#[test]
fn no_byte_is_lost_on_goroutines() {
    on_one_and_two(|| {
        let (near, far) = pair();
        let reader = go(move || stream_under_hasty_contexts(near));
        assert_eq!(write_slowly(far), reader.join().unwrap());
    });
}

#[test]
fn no_byte_is_lost_on_plain_threads() {
    let (near, far) = pair();
    let reader = thread::spawn(move || stream_under_hasty_contexts(near));
    assert_eq!(write_slowly(far), reader.join().unwrap());
}

/// Cut, closed and disturbed all at once: a plain thread's bell is rung for each and answered.
#[test]
fn a_plain_thread_with_many_reasons_to_wake() {
    for round in 0..300 {
        let (mut near, mut far) = pair();
        let (ctx, cancel) = with_cancel(&background());
        thread::scope(|s| {
            let reader = {
                let mut near = near.try_clone().unwrap();
                s.spawn(move || {
                    let mut byte = [0];
                    let first = ctx.io(|| near.read(&mut byte));
                    // And once more: whatever has rung is over.
                    near.set_read_timeout(Some(Duration::from_millis(1)))
                        .unwrap();
                    (first, near.read(&mut byte))
                })
            };
            s.spawn(|| cancel.cancel());
            match round % 3 {
                0 => near.set_deadline(Some(std::time::Instant::now() + HOUR)),
                1 => near.close(),
                _ => far.write_all(b"x").unwrap(),
            }
            let (first, second) = reader.join().unwrap();
            match round % 3 {
                0 => assert_eq!(why(&first.unwrap_err()), Some(Error::Canceled)),
                1 => assert!(first.is_err()),
                _ => {
                    let both = first.unwrap_or(0) + second.unwrap_or(0);
                    let mut rest = [0];
                    if both == 0 {
                        near.set_read_timeout(None).unwrap();
                        assert_eq!(near.read(&mut rest).unwrap(), 1);
                    }
                }
            }
        });
    }
}

/// One of two readers is cut; the other goes on.
#[test]
fn others_at_the_same_socket_go_on() {
    on_one_and_two(|| {
        let (near, mut far) = pair();
        let (ctx, cancel) = with_cancel(&background());
        let read = |mut near: TcpStream| {
            let mut byte = [0];
            near.read(&mut byte)
        };
        let hasty = {
            let near = near.try_clone().unwrap();
            go(move || ctx.io(|| read(near)))
        };
        let steady = go(move || read(near));
        gompa::gosched();
        cancel.cancel();
        let error = hasty.join().unwrap().unwrap_err();
        assert_eq!(why(&error), Some(Error::Canceled));
        far.write_all(b"x").unwrap();
        assert_eq!(steady.join().unwrap().unwrap(), 1);
    });
}

/// Code that knows nothing of contexts is cancelled by one.
#[test]
fn code_that_knows_nothing_of_contexts() {
    on_one_and_two(|| {
        let (near, mut far) = pair();
        let (ctx, cancel) = with_cancel(&background());
        let reader = go(move || {
            let lines = || {
                BufReader::new(near)
                    .lines()
                    .collect::<Result<Vec<String>, _>>()
            };
            ctx.io(lines)
        });
        far.write_all(b"one\ntwo\nthr").unwrap();
        gompa::gosched();
        cancel.cancel();
        let error = reader.join().unwrap().unwrap_err();
        assert_eq!(why(&error), Some(Error::Canceled));
    });
}
