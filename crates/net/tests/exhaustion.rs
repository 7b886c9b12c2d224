//! A process that has run out of descriptors: `accept` says so, and loses nothing. A process of its
//! own, for the limit is the process's.

mod common;

use common::both;
use gompa_net::{TcpListener, TcpStream};
use std::fs::File;
use std::io::{Read, Write};

/// All descriptors that can be had.
fn take_all() -> Vec<File> {
    let one = File::open("/dev/null").unwrap();
    let mut all: Vec<File> = std::iter::from_fn(|| one.try_clone().ok()).collect();
    all.push(one);
    all
}

#[test]
fn accept_without_descriptors() {
    let limit = libc::rlimit {
        rlim_cur: 128,
        rlim_max: 128,
    };
    // SAFETY: a valid limit.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
    both(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        // The first one makes sure that all that is made once is there.
        let first = common::go(move || TcpStream::connect(addr).map(drop).unwrap());
        listener.accept().unwrap();
        first.join();

        let mut client = TcpStream::connect(addr).unwrap();
        let taken = take_all();
        for _ in 0..3 {
            let error = listener.accept().unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
        }
        drop(taken);
        let (mut server, _) = listener.accept().unwrap();
        server.write_all(b"late, but here").unwrap();
        drop(server);
        let mut greeting = String::new();
        client.read_to_string(&mut greeting).unwrap();
        assert_eq!(greeting, "late, but here");
    });
}
