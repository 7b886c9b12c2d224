//! The plain operations, alone and between threads.
#![cfg(not(loom))]

use gompa_chan::{self as chan, Chan, RecvError, SendError, TryRecvError, TrySendError};
use std::thread;
use std::time::Duration;

#[test]
fn buffered_values_come_in_order() {
    let ch = chan::make(3);
    for i in 0..3 {
        ch.try_send(i).unwrap();
    }
    assert_eq!(ch.try_send(3), Err(TrySendError::Full(3)));
    assert_eq!((ch.len(), ch.cap()), (3, 3));
    assert_eq!(ch.recv(), Some(0));
    ch.send(3);
    assert_eq!(
        (0..3).map(|_| ch.recv().unwrap()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert_eq!(ch.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn rendezvous_between_threads() {
    let ch = chan::make(0);
    let other = ch.clone();
    let t = thread::spawn(move || {
        for i in 0..100 {
            other.send(i);
        }
        other.close();
    });
    assert_eq!(ch.iter().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
    t.join().unwrap();
}

#[test]
fn many_to_many_through_a_ring() {
    for cap in [0, 1, 2, 16, 128] {
        let (tx, rx) = chan::channel::<u64>(cap);
        let n = if cfg!(miri) { 60 } else { 20_000 };
        let senders: Vec<_> = (0..3)
            .map(|k| {
                let tx = tx.clone();
                thread::spawn(move || {
                    for i in 0..n {
                        tx.send(k * n + i).unwrap();
                    }
                })
            })
            .collect();
        drop(tx);
        let receivers: Vec<_> = (0..3)
            .map(|_| {
                let rx = rx.clone();
                thread::spawn(move || rx.iter().collect::<Vec<_>>())
            })
            .collect();
        drop(rx);
        let mut all: Vec<u64> = Vec::new();
        for r in receivers {
            let got = r.join().unwrap();
            // Each sender's values come in its order, to each receiver.
            for k in 0..3 {
                let of_k: Vec<_> = got.iter().filter(|v| **v / n == k).collect();
                assert!(of_k.is_sorted());
            }
            all.extend(got);
        }
        for s in senders {
            s.join().unwrap();
        }
        all.sort_unstable();
        assert_eq!(all, (0..3 * n).collect::<Vec<_>>(), "cap {cap}");
    }
}

#[test]
fn last_sender_and_last_receiver_close() {
    let (tx, rx) = chan::channel(2);
    let tx2 = tx.clone();
    tx.send(1).unwrap();
    drop(tx);
    assert!(!rx.is_closed());
    drop(tx2);
    assert_eq!(rx.recv(), Ok(1));
    assert_eq!(rx.recv(), Err(RecvError));

    let (tx, rx) = chan::channel(0);
    let t = thread::spawn(move || {
        thread::sleep(Duration::from_millis(30));
        drop(rx);
    });
    assert_eq!(tx.send(5), Err(SendError(5)));
    t.join().unwrap();
}

#[test]
fn timed_forms() {
    let ch: Chan<i32> = chan::make(0);
    assert!(ch.recv_timeout(Duration::from_millis(5)).is_err());
    assert!(
        ch.send_timeout(1, Duration::from_millis(5))
            .unwrap_err()
            .is_timeout()
    );
    let other = ch.clone();
    let t = thread::spawn(move || other.send_timeout(7, Duration::MAX));
    assert_eq!(ch.recv_timeout(Duration::from_secs(20)), Ok(7));
    t.join().unwrap().unwrap();
    let nil = Chan::<i32>::nil();
    assert!(nil.recv_timeout(Duration::MAX).is_err());
    assert!(nil.recv_timeout(Duration::from_millis(5)).is_err());
}
