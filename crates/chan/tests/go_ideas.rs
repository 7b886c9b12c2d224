//! What Go's own tests of channels are after, in our words.
#![cfg(not(loom))]

use gompa_chan::{self as chan, Chan, TryRecvError, select};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

fn a_moment() -> Duration {
    Duration::from_millis(2)
}

#[test]
fn basics_at_every_capacity() {
    for cap in 0..60 {
        // Empty: receiving blocks, in every form.
        let ch = chan::make::<usize>(cap);
        let got = AtomicBool::new(false);
        thread::scope(|s| {
            s.spawn(|| {
                ch.recv();
                got.store(true, SeqCst);
            });
            s.spawn(|| {
                ch.iter().next();
                got.store(true, SeqCst);
            });
            thread::sleep(a_moment());
            assert!(!got.load(SeqCst), "received from an empty channel");
            assert_eq!(ch.try_recv(), Err(TryRecvError::Empty));
            select! { recv(ch) => panic!("received from an empty channel"), default => {} }
            ch.send(0);
            ch.send(0);
        });

        // Full: sending blocks.
        let ch = chan::make::<usize>(cap);
        (0..cap).for_each(|i| ch.send(i));
        assert_eq!((ch.len(), ch.cap()), (cap, cap));
        let sent = AtomicBool::new(false);
        thread::scope(|s| {
            s.spawn(|| {
                ch.send(cap);
                sent.store(true, SeqCst);
            });
            thread::sleep(a_moment());
            assert!(!sent.load(SeqCst), "sent to a full channel");
            select! { send(ch, 0) => panic!("sent to a full channel"), default => {} }
            // In order, the one that waited last.
            (0..=cap).for_each(|i| assert_eq!(ch.recv(), Some(i)));
        });

        // Closed: what is in it, then nothing, for ever.
        (0..cap).for_each(|i| ch.send(i));
        ch.close();
        assert_eq!(ch.iter().collect::<Vec<_>>(), (0..cap).collect::<Vec<_>>());
        for _ in 0..3 {
            assert_eq!(ch.recv(), None);
            assert_eq!(ch.try_recv(), Err(TryRecvError::Closed));
        }

        // 100 in order, and four senders against four receivers.
        let ch = chan::make::<usize>(cap);
        thread::scope(|s| {
            s.spawn(|| (0..100).for_each(|i| ch.send(i)));
            (0..100).for_each(|i| assert_eq!(ch.recv(), Some(i)));
        });
        thread::scope(|s| {
            for _ in 0..4 {
                s.spawn(|| (0..250).for_each(|i| ch.send(i)));
            }
            let receivers: Vec<_> = (0..4)
                .map(|_| {
                    s.spawn(|| {
                        let mut count = HashMap::new();
                        for _ in 0..250 {
                            *count.entry(ch.recv().unwrap()).or_insert(0) += 1;
                        }
                        count
                    })
                })
                .collect();
            let mut count = vec![0; 250];
            for r in receivers {
                r.join()
                    .unwrap()
                    .into_iter()
                    .for_each(|(v, n)| count[v] += n);
            }
            assert!(count.iter().all(|n| *n == 4));
        });
    }
}

/// A value that was sent before the close is seen by whoever sees the close.
#[test]
fn nonblocking_receive_against_close() {
    for _ in 0..2_000 {
        let ch = chan::make(1);
        ch.send(1);
        thread::scope(|s| {
            let other = s.spawn(|| select! { recv(ch) -> v => v, default => panic!("empty") });
            ch.close();
            assert_eq!(other.join().unwrap(), Some(1));
        });
    }
}

/// At any moment one of two channels is ready, or closed.
#[test]
fn default_against_two_that_are_ready_in_turn() {
    for close in [false, true] {
        let failed = AtomicBool::new(false);
        for _ in 0..2_000 {
            let (c1, c2) = (chan::make(1), chan::make(1));
            c1.send(1);
            thread::scope(|s| {
                s.spawn(|| {
                    select! {
                        recv(c1) => {}
                        recv(c2) => {}
                        default => failed.store(true, SeqCst),
                    }
                });
                if close {
                    c2.close()
                } else {
                    c2.send(1)
                }
                select! { recv(c1) => {}, default => {} }
            });
        }
        assert!(!failed.load(SeqCst));
    }
}

/// Two that both send and receive on one channel never get their own value, and never hang.
#[test]
fn self_select() {
    for cap in [0, 10] {
        let ch: Chan<usize> = chan::make(cap);
        thread::scope(|s| {
            for p in 0..2 {
                let ch = &ch;
                s.spawn(move || {
                    for i in 0..1000 {
                        if p == 0 || i % 2 == 0 {
                            select! {
                                send(ch, p) => {}
                                recv(ch) -> v => assert!(cap > 0 || v != Some(p), "its own value"),
                            }
                        } else {
                            select! {
                                recv(ch) -> v => assert!(cap > 0 || v != Some(p), "its own value"),
                                send(ch, p) => {}
                            }
                        }
                    }
                });
            }
        });
    }
}

/// Plain and selecting senders against plain and selecting receivers, over four channels of which
/// ever more become nil.
#[test]
fn select_stress() {
    const N: usize = 3_000;
    let c: Vec<Chan<usize>> = [0, 0, 2, 3].iter().map(|&cap| chan::make(cap)).collect();
    thread::scope(|s| {
        for ch in &c {
            s.spawn(move || (0..N).for_each(|i| ch.send(i)));
            s.spawn(move || (0..N).for_each(|_| assert!(ch.recv().is_some())));
        }
        s.spawn(|| {
            let (mut c, mut n) = (c.clone(), [0; 4]);
            while n.iter().sum::<usize>() < 4 * N {
                let i = select! {
                    send(c[3], 1) => 3,
                    send(c[2], 1) => 2,
                    send(c[0], 1) => 0,
                    send(c[1], 1) => 1,
                };
                n[i] += 1;
                if n[i] == N {
                    c[i] = Chan::nil();
                }
            }
        });
        s.spawn(|| {
            let (mut c, mut n) = (c.clone(), [0; 4]);
            while n.iter().sum::<usize>() < 4 * N {
                let i = select! {
                    recv(c[0]) => 0,
                    recv(c[1]) => 1,
                    recv(c[2]) => 2,
                    recv(c[3]) => 3,
                };
                n[i] += 1;
                if n[i] == N {
                    c[i] = Chan::nil();
                }
            }
        });
    });
    assert!(c.iter().all(Chan::is_empty));
}

#[test]
fn two_equal_cases_are_both_chosen() {
    for cap in [0, 1000] {
        let ch = chan::make(cap);
        thread::scope(|s| {
            let receiver = s.spawn(|| (0..1000).map(|_| ch.recv().unwrap()).sum::<usize>());
            for _ in 0..1000 {
                select! { send(ch, 0) => {}, send(ch, 1) => {} }
            }
            let ones = receiver.join().unwrap();
            assert!((100..=900).contains(&ones), "{ones}");
        });
    }
}

#[test]
fn many_consumers() {
    const PRIMES: [u64; 8] = [2, 3, 7, 11, 13, 19, 23, 31];
    let (work, results) = (chan::make(23), chan::make(23));
    let left = AtomicU64::new(8);
    let total = thread::scope(|s| {
        for _ in 0..8 {
            s.spawn(|| {
                for v in &work {
                    // A little work now and then, so that they get out of step.
                    if v % 31 == 0 {
                        thread::yield_now();
                    }
                    results.send(v);
                }
                if left.fetch_sub(1, SeqCst) == 1 {
                    results.close();
                }
            });
        }
        let sent = s.spawn(|| {
            let values = (0..40_000).map(|i| PRIMES[i % 8]);
            let sum: u64 = values.inspect(|v| work.send(*v)).sum();
            work.close();
            sum
        });
        let received: u64 = results.iter().sum();
        (sent.join().unwrap(), received)
    });
    assert_eq!(total.0, total.1);
}

/// A select with one channel in two cases loses one; those behind that one must not suffer.
#[test]
fn the_same_channel_twice() {
    let (c, d, e): (Chan<u8>, Chan<u8>, Chan<u8>) = (chan::make(0), chan::make(0), chan::make(0));
    thread::scope(|s| {
        let first = s.spawn(|| select! { recv(c) -> v => v, recv(c) -> v => v, recv(e) -> v => v });
        thread::sleep(a_moment());
        let second = s.spawn(|| select! { recv(c) -> v => v, recv(d) -> v => v });
        thread::sleep(a_moment());
        // Loses both of its cases on `c`.
        e.send(7);
        assert_eq!(first.join().unwrap(), Some(7));
        c.send(8);
        assert_eq!(second.join().unwrap(), Some(8));
    });
}
