//! Programs in which other channels lose messages when a wait is cancelled, in our words.
//!
//! An async receiver is cancelled by dropping its future. A sender that has found the waiting
//! receiver may have put the message into the future, or have woken it to fetch the message, when the
//! future goes: the message goes with it, or it lies in the channel while another receiver, who could
//! have had it, has not been woken. Here a wait under a context is withdrawn or has happened.

use gompa_chan::{self as chan, Chan, TryRecvError};
use gompa_context::{
    Context, RecvCtxError, RecvExt, SendCtxError, SendExt, background, with_cancel, with_timeout,
};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// Receives again and again, each time under a context that is cancelled very soon.
fn impatient(ch: &Chan<u64>, finished: &AtomicBool) -> Vec<u64> {
    let mut got = Vec::new();
    let mut patience = 0;
    loop {
        patience = (patience + 7) % 40;
        let (ctx, _cancel) = with_timeout(&background(), Duration::from_micros(patience));
        match ch.recv_ctx(&ctx) {
            Ok(n) => got.push(n),
            Err(RecvCtxError::Closed) => return got,
            Err(RecvCtxError::Done(_)) if finished.load(SeqCst) => return got,
            Err(RecvCtxError::Done(_)) => {}
        }
    }
}

/// Receivers that keep giving up (a select loop that drops its receive future at each tick, with
/// others): everything that was sent is received, once.
#[test]
fn receivers_that_give_up() {
    for cap in [0, 1, 3] {
        const MESSAGES: u64 = 3000;
        let ch = chan::make(cap);
        let finished = AtomicBool::new(false);
        let got = thread::scope(|s| {
            let receivers: Vec<_> = (0..3)
                .map(|_| s.spawn(|| impatient(&ch, &finished)))
                .collect();
            (0..MESSAGES).for_each(|n| ch.send(n));
            ch.close();
            let got = receivers.into_iter().flat_map(|r| r.join().unwrap());
            got.collect::<Vec<_>>()
        });
        assert_eq!(got.len() as u64, MESSAGES);
        assert_eq!(got.iter().collect::<BTreeSet<_>>().len() as u64, MESSAGES);
    }
}

/// Senders that keep giving up (a send future dropped after its message was taken over, or before):
/// a message has been received, or its sender has it back and sends it again.
#[test]
fn senders_that_give_up() {
    for cap in [0, 1, 3] {
        const EACH: u64 = 800;
        let ch = chan::make(cap);
        let given_back = AtomicU64::new(0);
        let got = thread::scope(|s| {
            let senders: Vec<_> = (0..3)
                .map(|sender| {
                    let (ch, given_back) = (&ch, &given_back);
                    s.spawn(move || {
                        for n in 0..EACH {
                            let mut message = sender * EACH + n;
                            let mut patience = n % 17;
                            loop {
                                let time = Duration::from_micros(patience);
                                let (ctx, _cancel) = with_timeout(&background(), time);
                                match ch.send_ctx(&ctx, message) {
                                    Ok(()) => break,
                                    Err(SendCtxError::Done(back, _)) => message = back,
                                    Err(SendCtxError::Closed(_)) => unreachable!(),
                                }
                                given_back.fetch_add(1, SeqCst);
                                patience += 5;
                            }
                        }
                    })
                })
                .collect();
            let receiver = s.spawn(|| ch.iter().collect::<Vec<u64>>());
            senders.into_iter().for_each(|t| t.join().unwrap());
            ch.close();
            receiver.join().unwrap()
        });
        assert_eq!(got.len() as u64, 3 * EACH);
        assert_eq!(got.iter().collect::<BTreeSet<_>>().len() as u64, 3 * EACH);
        for sender in 0..3 {
            let range = sender * EACH..(sender + 1) * EACH;
            let own: Vec<_> = got.iter().filter(|n| range.contains(n)).collect();
            assert!(own.is_sorted(), "what one sends stays in order");
        }
    }
}

/// Two receivers wait; a message comes; the one it would have gone to gives up. It must not be the
/// one that has been told while the message lies there: the other gets it, or it stays for the next.
#[test]
fn a_wake_up_is_not_wasted_on_one_who_gives_up() {
    for round in 0..400_u64 {
        let ch = chan::make(1);
        let (hasty, cancel) = with_cancel(&background());
        thread::scope(|s| {
            let first = s.spawn(|| ch.recv_ctx(&hasty));
            let second = s.spawn(|| ch.recv_ctx(&background()));
            if round % 2 == 0 {
                s.spawn(|| cancel.cancel());
                ch.send(1);
            } else {
                s.spawn(|| ch.send(1));
                cancel.cancel();
            }
            if first.join().unwrap().is_ok() {
                ch.send(2); // or the other would wait for ever
            }
            // This returns, which is what is tested.
            assert!(second.join().unwrap().is_ok());
        });
        assert_eq!(ch.try_recv(), Err(TryRecvError::Empty));
    }
}

/// A rendezvous under two contexts: both sides say that it has happened, or both that it has not.
#[test]
fn two_sides_agree() {
    let mut met = 0;
    for round in 0..600_u64 {
        let ch = chan::make(0);
        let context = |n: u64| -> Context {
            let (ctx, cancel) = with_timeout(&background(), Duration::from_micros(n % 60));
            std::mem::forget(cancel.guard()); // only the deadline ends it
            ctx
        };
        let (a, b) = (context(20 + round * 7), context(20 + round * 11));
        let (sent, received) = thread::scope(|s| {
            let sender = s.spawn(|| ch.send_ctx(&a, round));
            let received = ch.recv_ctx(&b);
            (sender.join().unwrap(), received)
        });
        assert_eq!(sent.is_ok(), received.is_ok());
        met += u32::from(sent.is_ok());
        if let Err(e) = sent {
            assert_eq!(e.into_inner(), round);
        }
    }
    let _ = met; // how often is the machine's affair
}

/// A full channel whose waiting sender gives up while room is made for it: the message is in the
/// channel, or back, never both, and the order holds.
#[test]
fn room_is_made_for_one_who_gives_up() {
    for round in 0..600_u64 {
        let ch = chan::make(1);
        ch.send(0);
        let (ctx, cancel) = with_cancel(&background());
        thread::scope(|s| {
            let sender = s.spawn(|| ch.send_ctx(&ctx, 1));
            let canceller = s.spawn(|| {
                if round % 3 == 0 {
                    thread::yield_now();
                }
                cancel.cancel();
            });
            assert_eq!(ch.recv(), Some(0));
            canceller.join().unwrap();
            match sender.join().unwrap() {
                Ok(()) => assert_eq!(ch.try_recv(), Ok(1)),
                Err(e) => {
                    assert_eq!(e.into_inner(), 1);
                    assert!(ch.is_empty());
                }
            }
        });
    }
}
