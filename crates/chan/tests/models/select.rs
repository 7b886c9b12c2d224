//! Selects against selects, closes, time-outs and plain operations.

use crate::{A_WHILE, Msg, model};
use gompa_chan::{self as chan, Select, select};
use loom::thread;

/// Both may give up; they have met once (on one of two channels), or not at all.
#[test]
fn two_selects_in_opposite_orders() {
    model(3, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(0));
        let other = {
            let (a, b, census) = (a.clone(), b.clone(), census.clone());
            thread::spawn(move || {
                select! {
                    recv(b) -> m => 10 + m.unwrap().value(),
                    send(a, census.msg(1)) => 1,
                    default(A_WHILE) => 0,
                }
            })
        };
        let mine = select! {
            recv(a) -> m => 10 + m.unwrap().value(),
            send(b, census.msg(2)) => 2,
            default(A_WHILE) => 0,
        };
        let other = other.join().unwrap();
        assert!(
            matches!((mine, other), (0, 0) | (11, 1) | (2, 12)),
            "{mine} {other}"
        );
    });
}

#[test]
fn two_selects_that_wait_as_long_as_it_takes() {
    model(3, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(0));
        let other = {
            let (a, b, census) = (a.clone(), b.clone(), census.clone());
            thread::spawn(move || {
                select! {
                    send(b, census.msg(1)) => 1,
                    send(a, census.msg(1)) => 1,
                }
            })
        };
        let mine = select! {
            recv(a) -> m => m.unwrap().value(),
            recv(b) -> m => m.unwrap().value(),
        };
        assert_eq!((mine, other.join().unwrap()), (1, 1));
    });
}

#[test]
fn two_senders_for_one_select() {
    model(2, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(0));
        let others = [&a, &b].map(|ch| {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || ch.send_timeout(census.msg(1), A_WHILE).is_ok())
        });
        let got = select! {
            recv(a) -> m => m.unwrap().value() == 1,
            recv(b) -> m => m.unwrap().value() == 1,
            default(A_WHILE) => false,
        };
        let sent = others.map(|o| o.join().unwrap());
        assert_eq!(sent.iter().filter(|s| **s).count(), usize::from(got));
        // No residue: nobody waits at either.
        assert!(a.try_send(census.msg(9)).is_err() && b.try_send(census.msg(9)).is_err());
    });
}

#[test]
fn close_against_select() {
    model(2, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(1));
        let closer = {
            let a = a.clone();
            thread::spawn(move || a.close())
        };
        let sender = {
            let (b, census) = (b.clone(), census.clone());
            thread::spawn(move || b.send(census.msg(1)))
        };
        let closed = select! {
            recv(a) -> m => m.is_none(),
            recv(b) -> m => m.is_none(),
        };
        closer.join().unwrap();
        sender.join().unwrap();
        assert_eq!(b.try_recv().is_ok(), closed);
    });
}

/// At any moment one of the two is ready.
#[test]
fn default_does_not_run_while_a_case_is_ready() {
    model(3, |_| {
        let (a, b) = (chan::make::<u32>(1), chan::make::<u32>(1));
        a.send(1);
        let other = {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || {
                select! {
                    recv(a) => {}
                    recv(b) => {}
                    default => panic!("the default ran while a case was ready"),
                }
            })
        };
        b.send(1);
        select! { recv(a) => {}, default => {} }
        other.join().unwrap();
    });
}

/// A case that has lost is taken out without harm to those behind it.
#[test]
fn one_channel_in_two_cases_with_others_behind() {
    model(2, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(0));
        let twice = {
            let (a, b) = (a.clone(), b.clone());
            thread::spawn(move || {
                select! {
                    recv(a) -> m => m,
                    recv(b) -> m => m,
                    recv(a) -> m => m,
                }
            })
        };
        let plain = {
            let a = a.clone();
            thread::spawn(move || a.recv())
        };
        a.send(census.msg(1));
        a.send(census.msg(2));
        let sum = [twice, plain].map(|t| t.join().unwrap().unwrap().value());
        assert_eq!(sum.iter().sum::<u32>(), 3);
    });
}

#[test]
fn a_select_does_not_receive_from_itself() {
    model(3, |census| {
        let ch = chan::make::<Msg>(0);
        let both = {
            let (ch, census) = (ch.clone(), census.clone());
            thread::spawn(move || {
                select! {
                    send(ch, census.msg(1)) => 0,
                    recv(ch) -> m => m.unwrap().value(),
                }
            })
        };
        let mine = select! {
            recv(ch) -> m => m.unwrap().value(),
            send(ch, census.msg(2)) => 0,
        };
        let theirs = both.join().unwrap();
        assert!(matches!((mine, theirs), (1, 0) | (0, 2)), "{mine} {theirs}");
    });
}

#[test]
fn dynamic_select_against_timed_sender() {
    model(3, |census| {
        let (a, b) = (chan::make::<Msg>(0), chan::make::<Msg>(0));
        let sender = {
            let (a, census) = (a.clone(), census.clone());
            thread::spawn(move || a.send_timeout(census.msg(1), A_WHILE).is_ok())
        };
        let mut select = Select::new();
        select.recv(&b);
        select.recv(&a);
        let got = match select.select_timeout(A_WHILE) {
            Ok(op) => op.recv(&a).unwrap().value() == 1,
            Err(_) => false,
        };
        assert_eq!(sender.join().unwrap(), got);
    });
}
