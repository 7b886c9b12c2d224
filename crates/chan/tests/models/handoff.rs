//! Hand-off between plain operations; against close, time-outs and handles that go.

use crate::{A_WHILE, Census, Msg, model};
use gompa_chan::{self as chan, Chan, TryRecvError};
use loom::thread;

#[test]
fn rendezvous() {
    model(3, |census| {
        let ch = chan::make::<Msg>(0);
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || {
                ch.send(census.msg(1));
                ch.send(census.msg(2));
            })
        };
        assert_eq!(ch.recv().unwrap().value(), 1);
        assert_eq!(ch.recv().unwrap().value(), 2);
        sender.join().unwrap();
    });
}

/// A send against a close against a receive: the value arrives, or comes back.
fn send_close_recv(cap: usize) {
    model(3, move |census| {
        let ch = chan::make::<Msg>(cap);
        let sender = {
            let (tx, census) = (ch.sender(), census.clone());
            thread::spawn(move || {
                tx.send(census.msg(7))
                    .map_err(|e| assert_eq!(e.0.value(), 7))
            })
        };
        let closer = {
            let ch = ch.clone();
            thread::spawn(move || ch.close())
        };
        let received = ch.recv().map(|m| m.value());
        let sent = sender.join().unwrap().is_ok();
        closer.join().unwrap();
        let left = ch.recv().map(|m| m.value());
        assert_eq!(received.or(left).is_some(), sent);
    });
}

#[test]
fn handoff_against_close() {
    send_close_recv(0);
}

#[test]
fn ring_against_close() {
    send_close_recv(1);
}

#[test]
fn close_wakes_all_who_wait() {
    model(3, |census| {
        let ch = chan::make::<Msg>(0);
        let waiters: Vec<_> = (0..2)
            .map(|_| {
                let rx = ch.receiver();
                thread::spawn(move || rx.recv().is_err())
            })
            .collect();
        ch.close();
        for w in waiters {
            assert!(w.join().unwrap());
        }
        drop(census);
    });
}

fn sent(ch: &Chan<Msg>, census: &Census) -> bool {
    ch.send_timeout(census.msg(3), A_WHILE).is_ok()
}

fn received(ch: &Chan<Msg>) -> bool {
    ch.recv_timeout(A_WHILE)
        .map(|m| assert_eq!(m.value(), 3))
        .is_ok()
}

/// Two that may both give up: both have done it or none has.
#[test]
fn timeout_against_handoff() {
    model(3, |census| {
        let ch = chan::make::<Msg>(0);
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || sent(&ch, &census))
        };
        let received = received(&ch);
        assert_eq!(sender.join().unwrap(), received);
    });
}

#[test]
fn timeout_against_two_handoffs() {
    model(2, |census| {
        let ch = chan::make::<Msg>(0);
        let others: Vec<_> = (0..2)
            .map(|_| {
                let ch = ch.clone();
                thread::spawn(move || received(&ch))
            })
            .collect();
        let sent = sent(&ch, &census);
        let received = others.into_iter().map(|o| o.join().unwrap());
        assert_eq!(received.filter(|r| *r).count(), usize::from(sent));
    });
}

#[test]
fn timeout_against_a_freed_slot() {
    model(3, |census| {
        let ch = chan::make::<Msg>(1);
        ch.send(census.msg(3));
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || sent(&ch, &census))
        };
        assert!(received(&ch));
        let sent = sender.join().unwrap();
        assert_eq!(ch.try_recv().is_ok(), sent);
    });
}

#[test]
fn timeout_against_close() {
    model(3, |_| {
        let ch = chan::make::<Msg>(0);
        let receiver = {
            let ch = ch.clone();
            thread::spawn(move || assert!(ch.recv_timeout(A_WHILE).is_err()))
        };
        ch.close();
        receiver.join().unwrap();
    });
}

#[test]
fn nonblocking_recv_sees_what_was_there_before_the_close() {
    model(3, |census| {
        let ch = chan::make::<Msg>(1);
        let other = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || {
                ch.send(census.msg(1));
                ch.close();
            })
        };
        match ch.try_recv() {
            Ok(m) => assert_eq!(m.value(), 1),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Closed) => panic!("closed, but its value was not seen"),
        }
        other.join().unwrap();
    });
}

#[test]
fn last_sender_goes_while_a_receiver_parks() {
    model(3, |census| {
        let (tx, rx) = chan::channel::<Msg>(1);
        let tx2 = tx.clone();
        let senders = [(tx, 1), (tx2, 2)].map(|(tx, n)| {
            let census = census.clone();
            thread::spawn(move || {
                if n == 1 {
                    tx.send(census.msg(n)).unwrap();
                }
            })
        });
        assert_eq!(rx.recv().unwrap().value(), 1);
        assert!(rx.recv().is_err());
        for s in senders {
            s.join().unwrap();
        }
    });
}

#[test]
fn last_receiver_goes_while_a_sender_parks() {
    model(3, |census| {
        let (tx, rx) = chan::channel::<Msg>(1);
        tx.send(census.msg(1)).unwrap();
        let sender = {
            let census = census.clone();
            thread::spawn(move || {
                let back = tx.send(census.msg(2)).unwrap_err();
                assert_eq!(back.0.value(), 2);
                drop(back);
                tx
            })
        };
        drop(rx);
        let tx = sender.join().unwrap();
        // What was in the ring is gone, though a sender is still there.
        assert_eq!((census.alive(), tx.len()), (0, 0));
    });
}
