//! The lanes: values that flow past the main lock, and what shuts and opens the gate.

use crate::{Msg, model};
use gompa_chan as chan;
use loom::thread;

/// One sends three, one receives three, through a ring that may fill up.
fn flow(cap: usize) {
    model(3, move |census| {
        let ch = chan::make::<Msg>(cap);
        // Calm: the gate opens.
        ch.send(census.msg(0));
        assert_eq!(ch.recv().unwrap().value(), 0);
        let sender = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || {
                for i in 1..=3 {
                    ch.send(census.msg(i));
                }
            })
        };
        for i in 1..=3 {
            assert_eq!(ch.recv().unwrap().value(), i);
        }
        sender.join().unwrap();
    });
}

#[test]
fn one_to_one_through_one_slot() {
    flow(1);
}

#[test]
fn one_to_one_through_two_slots() {
    flow(2);
}

#[test]
fn two_senders_one_slot() {
    model(2, |census| {
        let ch = chan::make::<Msg>(1);
        ch.send(census.msg(0));
        assert_eq!(ch.recv().unwrap().value(), 0);
        let senders = [1, 2].map(|i| {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || ch.send(census.msg(i)))
        });
        let sum = ch.recv().unwrap().value() + ch.recv().unwrap().value();
        assert_eq!(sum, 3);
        for s in senders {
            s.join().unwrap();
        }
    });
}

#[test]
fn two_receivers_one_slot() {
    model(2, |census| {
        let ch = chan::make::<Msg>(1);
        ch.send(census.msg(0));
        assert_eq!(ch.recv().unwrap().value(), 0);
        let receivers = [1, 2].map(|_| {
            let ch = ch.clone();
            thread::spawn(move || ch.recv().unwrap().value())
        });
        ch.send(census.msg(1));
        ch.send(census.msg(2));
        assert_eq!(receivers.map(|r| r.join().unwrap()).iter().sum::<u32>(), 3);
    });
}

#[test]
fn close_while_values_flow() {
    model(2, |census| {
        let ch = chan::make::<Msg>(2);
        ch.send(census.msg(0));
        assert_eq!(ch.recv().unwrap().value(), 0);
        let sender = {
            let (tx, census) = (ch.sender(), census.clone());
            thread::spawn(move || (1..=2).map_while(|i| tx.send(census.msg(i)).ok()).count() as u32)
        };
        let closer = {
            let ch = ch.clone();
            thread::spawn(move || ch.close())
        };
        let received: Vec<u32> = ch.iter().map(|m| m.value()).collect();
        assert_eq!(received, (1..=sender.join().unwrap()).collect::<Vec<_>>());
        closer.join().unwrap();
    });
}

/// What a thread has sent, it has sent before it looks elsewhere.
#[test]
fn two_that_send_and_then_look_do_not_both_miss() {
    model(3, |_| {
        let (a, b) = (chan::make::<u32>(1), chan::make::<u32>(1));
        for ch in [&a, &b] {
            ch.send(0);
            ch.recv();
        }
        let other = {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || {
                a.send(1);
                b.try_recv().is_ok()
            })
        };
        b.send(1);
        let saw = a.try_recv().is_ok();
        assert!(other.join().unwrap() || saw);
    });
}

#[test]
fn lengths_are_possible_ones() {
    model(3, |census| {
        let ch = chan::make::<Msg>(1);
        let other = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || {
                ch.send(census.msg(1));
                ch.recv().unwrap();
                ch.send(census.msg(2));
            })
        };
        assert!(ch.len() <= 1);
        other.join().unwrap();
        assert_eq!(ch.len(), 1);
    });
}
