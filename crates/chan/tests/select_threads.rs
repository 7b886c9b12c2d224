//! Selects against plain operations and against each other, between threads.
#![cfg(not(loom))]

mod common;

use common::{Recorder, hosted};
use gompa_chan::{self as chan, Chan, Select, select};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

fn no_value() -> i32 {
    // `resume_unwind`, so that the test's output stays clean.
    std::panic::resume_unwind(Box::new("no value"))
}

fn soon() {
    thread::sleep(Duration::from_millis(20));
}

#[test]
fn blocked_send_case_meets_every_kind_of_receive() {
    for cap in [0, 1] {
        let ch = chan::make(cap);
        let other = chan::make::<i32>(0);
        if cap == 1 {
            ch.send(0);
        }
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| {
                    select! {
                        send(ch, { thread::sleep(Duration::from_millis(1)); 7 }) => {}
                        recv(other) => unreachable!(),
                    }
                });
            }
            soon();
            if cap == 1 {
                assert_eq!(ch.recv(), Some(0));
            }
            assert_eq!(ch.recv(), Some(7));
            let polled = loop {
                if let Ok(v) = ch.try_recv() {
                    break v;
                }
                thread::yield_now();
            };
            assert_eq!(polled, 7);
            select! { recv(ch) -> v => assert_eq!(v, Some(7)), recv(other) => unreachable!() }
            assert_eq!(ch.recv_timeout(Duration::from_secs(20)), Ok(7));
        });
        assert_eq!(ch.try_recv(), Err(chan::TryRecvError::Empty));
    }
}

#[test]
fn a_value_that_never_comes_frees_the_receiver() {
    let ch = chan::make::<i32>(0);
    let other = chan::make::<i32>(0);
    thread::scope(|s| {
        // Plain, timed and selecting receivers wait.
        let plain = s.spawn(|| ch.recv());
        let timed = s.spawn(|| ch.recv_timeout(Duration::from_secs(20)));
        let selecting = s.spawn(|| select! { recv(ch) -> v => v, recv(other) -> v => v });
        soon();
        for _ in 0..3 {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                select! { send(ch, no_value()) => {} }
            }));
            assert!(panicked.is_err());
        }
        soon();
        for i in 1..=3 {
            ch.send(i);
        }
        let mut got = [
            plain.join().unwrap().unwrap(),
            timed.join().unwrap().unwrap(),
            selecting.join().unwrap().unwrap(),
        ];
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3]);
    });
}

#[test]
fn a_value_that_never_comes_frees_the_slot() {
    let ch = chan::make::<i32>(1);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        select! { send(ch, { assert_eq!(ch.try_send(3).unwrap_err().into_inner(), 3); no_value() }) => {} }
    }));
    assert!(panicked.is_err());
    assert_eq!(ch.try_send(1), Ok(()));
    assert_eq!(ch.recv(), Some(1));
    // A sender that came meanwhile gets the slot.
    thread::scope(|s| {
        let _ = catch_unwind(AssertUnwindSafe(|| {
            select! { send(ch, {
                s.spawn(|| ch.send(5));
                soon();
                no_value()
            }) => {} }
        }));
        assert_eq!(ch.recv(), Some(5));
    });
}

#[test]
fn sends_pass_a_promised_slot() {
    let ch = chan::make::<i32>(2);
    select! { send(ch, { ch.send(1); assert_eq!(ch.recv(), Some(1)); ch.send(2); 3 }) => {} }
    assert_eq!((ch.recv(), ch.recv()), (Some(2), Some(3)));
    // All slots promised, and yet a sender and a receiver find each other.
    let ch = chan::make::<i32>(1);
    thread::scope(|s| {
        select! { send(ch, {
            s.spawn(|| ch.send(1));
            soon();
            assert_eq!(ch.recv(), Some(1));
            2
        }) => {} }
    });
    assert_eq!(ch.recv(), Some(2));
}

#[test]
fn closing_while_the_value_is_made() {
    let ch = chan::make::<i32>(1);
    let result = catch_unwind(AssertUnwindSafe(|| {
        select! { send(ch, { ch.close(); 1 }) => {} }
    }));
    assert_eq!(
        *result.unwrap_err().downcast::<&str>().unwrap(),
        "send on closed channel"
    );
    assert_eq!(ch.recv(), None);
    let (tx, rx) = chan::channel(1);
    let r = select! { send(tx, { drop(rx); "back" }) -> r => r };
    assert_eq!(r.unwrap_err().0, "back");
}

#[test]
fn selects_against_each_other() {
    let (a, b): (Chan<u32>, Chan<u32>) = (chan::make(0), chan::make(0));
    let n = if cfg!(miri) { 60 } else { 20_000 };
    let sum = AtomicUsize::new(0);
    thread::scope(|s| {
        for k in 0..2 {
            let (a, b, sum) = (&a, &b, &sum);
            s.spawn(move || {
                for _ in 0..n {
                    // Opposite roles and opposite orders.
                    if k == 0 {
                        select! { send(a, 1) => {}, recv(b) -> v => { sum.fetch_add(v.unwrap() as usize, SeqCst); } }
                    } else {
                        select! { send(b, 1) => {}, recv(a) -> v => { sum.fetch_add(v.unwrap() as usize, SeqCst); } }
                    }
                }
            });
        }
    });
    assert_eq!(sum.load(SeqCst), n);
}

/// Whoever waits may be woken, and gone, while somebody else still gives the channels back for it.
#[test]
fn channels_are_left_on_another_stack() {
    let n = if cfg!(miri) { 30 } else { 2_000 };
    let (a, b) = (chan::make(0), chan::make(0));
    thread::scope(|s| {
        s.spawn(|| {
            let recorder = Recorder {
                elsewhere: true,
                ..Recorder::default()
            };
            hosted(&recorder, || {
                for i in 0..n {
                    let got = select! {
                        recv(a) -> v => v,
                        recv(b) -> v => v,
                        recv(a) -> v => v,
                    };
                    assert_eq!(got, Some(i));
                    assert_eq!(a.recv(), Some(i));
                    select! { send(b, i) => {}, send(b, i) => {} }
                    b.send(i);
                }
            });
        });
        for i in 0..n {
            if i % 2 == 0 {
                a.send(i)
            } else {
                b.send(i)
            }
            a.send(i);
            assert_eq!((b.recv(), b.recv()), (Some(i), Some(i)));
        }
    });
}

#[test]
fn stress_of_everything() {
    let chans: Vec<Chan<usize>> = [0, 1, 4, 0].iter().map(|&c| chan::make(c)).collect();
    let per = if cfg!(miri) { 40 } else { 5_000 };
    let received = AtomicUsize::new(0);
    let total = AtomicUsize::new(0);
    thread::scope(|s| {
        let senders: Vec<_> = (0..4)
            .map(|k| {
                let c = &chans;
                s.spawn(move || {
                    for i in 0..per {
                        match (i + k) % 4 {
                            0 => c[i % 4].send(i),
                            1 => select! {
                                send(c[0], i) => {}
                                send(c[1], i) => {}
                                send(c[2], i) => {}
                                send(c[3], i) => {}
                            },
                            2 => {
                                while c[i % 4].send_timeout(i, Duration::from_micros(50)).is_err() {
                                }
                            }
                            _ => {
                                let mut sel = Select::new();
                                for ch in c {
                                    sel.send(ch);
                                    sel.send(ch);
                                }
                                let op = sel.select();
                                let ch = &c[op.index() / 2];
                                op.send(ch, i);
                            }
                        }
                    }
                })
            })
            .collect();
        for k in 0..3 {
            let (c, received, total) = (&chans, &received, &total);
            s.spawn(move || {
                loop {
                    let got = match k {
                        0 => select! {
                            recv(c[3]) -> v => v, recv(c[2]) -> v => v,
                            recv(c[1]) -> v => v, recv(c[0]) -> v => v,
                        },
                        1 => {
                            let mut sel = Select::new();
                            for ch in c {
                                sel.recv(ch);
                            }
                            match sel.select_timeout(Duration::from_micros(100)) {
                                Ok(op) => {
                                    let ch = &c[op.index()];
                                    op.recv(ch)
                                }
                                Err(_) => continue,
                            }
                        }
                        _ => match c.iter().find_map(|ch| ch.try_recv().ok()) {
                            None if c.iter().all(Chan::is_closed) => None,
                            None => {
                                thread::yield_now();
                                continue;
                            }
                            some => some,
                        },
                    };
                    match got {
                        Some(v) => {
                            received.fetch_add(1, SeqCst);
                            total.fetch_add(v, SeqCst);
                        }
                        None => break,
                    }
                }
            });
        }
        for sender in senders {
            sender.join().unwrap();
        }
        // All sent; the rings may still hold some.
        while chans.iter().any(|c| !c.is_empty()) {
            thread::yield_now();
        }
        for c in &chans {
            c.close();
        }
    });
    assert_eq!(received.load(SeqCst), 4 * per);
    assert_eq!(total.load(SeqCst), 4 * per * (per - 1) / 2);
}
