//! Send cases that make their value after they are chosen, against everything that may come
//! between.

use crate::{A_WHILE, Msg, model};
use gompa_chan::{self as chan, Select, TryRecvError, select};
use loom::thread;

/// A promise that is broken leaves the receiver to the next sender.
fn broken_promise(cap: usize) {
    model(3, move |census| {
        let ch = chan::make::<Msg>(cap);
        let receiver = {
            let ch = ch.clone();
            thread::spawn(move || ch.recv().unwrap().value())
        };
        let mut select = Select::new();
        select.send(&ch);
        drop(select.select_timeout(A_WHILE));
        ch.send(census.msg(1));
        assert_eq!(receiver.join().unwrap(), 1);
        assert!(ch.is_empty());
    });
}

#[test]
fn a_broken_promise_of_a_receiver() {
    broken_promise(0);
}

#[test]
fn a_broken_promise_of_a_slot() {
    broken_promise(1);
}

/// The slot goes on to a sender that came meanwhile.
#[test]
fn a_broken_promise_against_a_plain_sender() {
    model(3, |census| {
        let ch = chan::make::<Msg>(1);
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || ch.send(census.msg(1)))
        };
        let mut select = Select::new();
        select.send(&ch);
        drop(select.try_select());
        assert_eq!(ch.recv().unwrap().value(), 1);
        sender.join().unwrap();
    });
}

#[test]
fn a_waiting_promise_against_a_nonblocking_receive() {
    model(3, |census| {
        let ch = chan::make::<Msg>(0);
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || {
                select! {
                    send(ch, census.msg(1)) => true,
                    default(A_WHILE) => false,
                }
            })
        };
        let got = match ch.try_recv() {
            Ok(m) => m.value() == 1,
            Err(e) => e != TryRecvError::Empty,
        };
        assert_eq!(sender.join().unwrap(), got);
    });
}

#[test]
fn a_promise_against_close() {
    for cap in [0, 1] {
        model(3, move |census| {
            let ch = chan::make::<Msg>(cap);
            let closer = {
                let ch = ch.clone();
                thread::spawn(move || ch.close())
            };
            let sender = {
                let (tx, census) = (ch.sender(), census.clone());
                thread::spawn(move || select! { send(tx, census.msg(1)) -> r => r.is_ok() })
            };
            let got = ch.recv().is_some();
            closer.join().unwrap();
            assert_eq!(sender.join().unwrap(), got || ch.recv().is_some());
        });
    }
}

/// Both sides select; the sender's value never comes the first time.
#[test]
fn a_broken_promise_against_a_select() {
    model(3, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(0));
        let receiver = {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || {
                select! {
                    recv(a) -> m => m.unwrap().value(),
                    recv(b) -> m => m.unwrap().value(),
                }
            })
        };
        let mut select = Select::new();
        select.send(&a);
        drop(select.try_select());
        b.send(census.msg(2));
        assert_eq!(receiver.join().unwrap(), 2);
    });
}

#[test]
fn a_full_ring_grants_its_slot_to_a_waiting_promise() {
    model(3, |census| {
        let ch = chan::make::<Msg>(1);
        ch.send(census.msg(1));
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || select! { send(ch, census.msg(2)) => {} })
        };
        assert_eq!(ch.recv().unwrap().value(), 1);
        assert_eq!(ch.recv().unwrap().value(), 2);
        sender.join().unwrap();
    });
}
