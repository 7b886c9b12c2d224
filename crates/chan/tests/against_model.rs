//! Random programs of four threads on two channels, step by step against a model of deques and
//! queues: what returns, what waits, who is woken and with what, lengths.
//!
//! One thread at a time does one step, and the next step begins when all threads have returned or
//! wait, so that the model knows the order. Where a select may choose, the model follows what it
//! has chosen, after checking that it might.
#![cfg(not(loom))]

use gompa_chan::{self as chan, Chan, Receiver, Sender, select};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const THREADS: usize = 4;
/// Long enough for the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// One case: which channel, and whether it sends.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Case {
    ch: usize,
    send: bool,
}

/// What a thread is told to do.
#[derive(Clone, Debug)]
enum Op {
    /// A plain operation, or a select of several; with or without a default.
    Do {
        cases: Vec<Case>,
        default: bool,
    },
    Close(usize),
}

/// What came of it: the case (`None`: the default) and the value received, or whether it was sent.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Default,
    Received(Case, Option<u32>),
    Sent(Case, bool),
    Closed(bool),
}

struct Waiting {
    thread: usize,
    cases: Vec<Case>,
    value: u32,
}

/// Channels as the book has them. Those who wait are in one list, in the order of their coming;
/// that is the order at each channel.
struct Model {
    cap: [usize; 2],
    ring: [VecDeque<u32>; 2],
    closed: [bool; 2],
    waiting: Vec<Waiting>,
}

impl Model {
    /// The first who waits with this case.
    fn waits(&self, case: Case) -> Option<usize> {
        self.waiting.iter().position(|w| w.cases.contains(&case))
    }

    fn is_ready(&self, case: Case) -> bool {
        let Case { ch, send } = case;
        self.closed[ch]
            || self.waits(Case { ch, send: !send }).is_some()
            || if send {
                self.ring[ch].len() < self.cap[ch]
            } else {
                !self.ring[ch].is_empty()
            }
    }

    /// Does a ready case; what it returns, and who was woken with what.
    fn act(&mut self, case: Case, value: u32) -> (Outcome, Vec<(usize, Outcome)>) {
        let Case { ch, send } = case;
        let partner = Case { ch, send: !send };
        if send {
            if self.closed[ch] {
                return (Outcome::Sent(case, false), vec![]);
            }
            let woken = self.waits(partner).map(|i| {
                (
                    self.waiting.remove(i).thread,
                    Outcome::Received(partner, Some(value)),
                )
            });
            if woken.is_none() {
                self.ring[ch].push_back(value);
            }
            return (Outcome::Sent(case, true), woken.into_iter().collect());
        }
        let mut woken = vec![];
        if let Some(i) = self.waits(partner) {
            let sender = self.waiting.remove(i);
            self.ring[ch].push_back(sender.value);
            woken.push((sender.thread, Outcome::Sent(partner, true)));
        }
        (Outcome::Received(case, self.ring[ch].pop_front()), woken)
    }

    fn close(&mut self, ch: usize) -> (Outcome, Vec<(usize, Outcome)>) {
        if std::mem::replace(&mut self.closed[ch], true) {
            return (Outcome::Closed(false), vec![]);
        }
        let mut woken = vec![];
        self.waiting.retain(|w| {
            // A select with both cases here: its first in the queue of receivers is woken first.
            let mut here = w.cases.iter().filter(|c| c.ch == ch);
            let case = here.clone().find(|c| !c.send).or(here.next());
            woken.extend(case.map(|c| {
                let outcome = if c.send {
                    Outcome::Sent(*c, false)
                } else {
                    Outcome::Received(*c, None)
                };
                (w.thread, outcome)
            }));
            case.is_none()
        });
        (Outcome::Closed(true), woken)
    }

    fn waiting_at(&self, case: Case) -> usize {
        let cases = self.waiting.iter().flat_map(|w| &w.cases);
        cases.filter(|c| **c == case).count()
    }
}

type Ends = [(Chan<u32>, Sender<u32>, Receiver<u32>); 2];

/// Does it with the real channels. Sends go through Rust's face, which returns instead of panicking.
fn perform(op: &Op, value: u32, ends: &Ends) -> Outcome {
    let (cases, default) = match op {
        Op::Close(ch) => {
            let closed = std::panic::catch_unwind(|| ends[*ch].0.close());
            return Outcome::Closed(closed.is_ok());
        }
        Op::Do { cases, default } => (&cases[..], *default),
    };
    let sent = |case, ok: bool| Outcome::Sent(case, ok);
    match (cases, default) {
        ([c], false) if c.send => sent(*c, ends[c.ch].1.send(value).is_ok()),
        ([c], false) => Outcome::Received(*c, ends[c.ch].2.recv().ok()),
        ([c], true) if c.send => match ends[c.ch].1.try_send(value) {
            Err(chan::TrySendError::Full(_)) => Outcome::Default,
            other => sent(*c, other.is_ok()),
        },
        ([c], true) => match ends[c.ch].2.try_recv() {
            Err(chan::TryRecvError::Empty) => Outcome::Default,
            other => Outcome::Received(*c, other.ok()),
        },
        ([a, b], default) => {
            let nil = Chan::nil();
            let (nil_tx, nil_rx) = (nil.sender(), nil.receiver());
            let tx = |c: &Case| if c.send { &ends[c.ch].1 } else { &nil_tx };
            let rx = |c: &Case| if c.send { &nil_rx } else { &ends[c.ch].2 };
            if default {
                select! {
                    send(tx(a), value) -> r => sent(*a, r.is_ok()),
                    recv(rx(a)) -> v => Outcome::Received(*a, v.ok()),
                    send(tx(b), value) -> r => sent(*b, r.is_ok()),
                    recv(rx(b)) -> v => Outcome::Received(*b, v.ok()),
                    default => Outcome::Default,
                }
            } else {
                select! {
                    send(tx(a), value) -> r => sent(*a, r.is_ok()),
                    recv(rx(a)) -> v => Outcome::Received(*a, v.ok()),
                    send(tx(b), value) -> r => sent(*b, r.is_ok()),
                    recv(rx(b)) -> v => Outcome::Received(*b, v.ok()),
                }
            }
        }
        other => unreachable!("{other:?}"),
    }
}

/// Until as many wait at the channels as the model says.
fn settle(ends: &Ends, model: &Model) {
    for (ch, (c, ..)) in ends.iter().enumerate() {
        let [receivers, senders] = [false, true].map(|send| model.waiting_at(Case { ch, send }));
        let expected = format!("senders_waiting: {senders}, receivers_waiting: {receivers}");
        while !format!("{c:?}").contains(&expected) {
            thread::yield_now();
        }
        assert_eq!(c.len(), model.ring[ch].len());
        assert_eq!(c.is_closed(), model.closed[ch]);
    }
}

fn run(cap: [usize; 2], steps: &[(usize, Op)]) {
    let ends: Ends = cap.map(|cap| {
        let c = chan::make(cap);
        (c.clone(), c.sender(), c.receiver())
    });
    let mut model = Model {
        cap,
        ring: Default::default(),
        closed: [false; 2],
        waiting: vec![],
    };
    thread::scope(|s| {
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                let (order, orders) = mpsc::channel::<(Op, u32)>();
                let (answer, answers) = mpsc::channel();
                let ends = &ends;
                s.spawn(move || {
                    for (op, value) in orders {
                        answer.send(perform(&op, value, ends)).unwrap();
                    }
                });
                (order, answers)
            })
            .collect();
        let answer = |thread: usize| threads[thread].1.recv_timeout(PATIENCE).expect("an answer");
        // In the end both channels are closed, so that all return.
        let last = [(0, Op::Close(0)), (0, Op::Close(1))];
        for (step, (thread, op)) in steps.iter().chain(&last).enumerate() {
            let value = step as u32;
            let idle = |t: &usize| model.waiting.iter().all(|w| w.thread != *t);
            // Whoever does not wait; the main thread itself if all do.
            let thread = (0..THREADS).map(|i| (thread + i) % THREADS).find(idle);
            let (outcome, woken) = match (thread, op) {
                (_, Op::Close(ch)) => {
                    let got = perform(op, value, &ends);
                    let (expected, woken) = model.close(*ch);
                    assert_eq!(got, expected);
                    (None, woken)
                }
                (None, _) => continue,
                (Some(thread), Op::Do { cases, default }) => {
                    let ready = cases.iter().any(|c| model.is_ready(*c));
                    threads[thread].0.send((op.clone(), value)).unwrap();
                    if !ready && !default {
                        let cases = cases.clone();
                        model.waiting.push(Waiting {
                            thread,
                            cases,
                            value,
                        });
                        (None, vec![])
                    } else {
                        let got = answer(thread);
                        match &got {
                            Outcome::Default => {
                                assert!(*default && !ready, "default though {op:?} is ready");
                                (None, vec![])
                            }
                            Outcome::Received(case, _) | Outcome::Sent(case, _) => {
                                assert!(model.is_ready(*case), "{case:?} was not ready");
                                let (expected, woken) = model.act(*case, value);
                                (Some((got, expected)), woken)
                            }
                            Outcome::Closed(_) => unreachable!(),
                        }
                    }
                }
            };
            if let Some((got, expected)) = outcome {
                assert_eq!(got, expected, "step {step}");
            }
            for (thread, expected) in woken {
                assert_eq!(answer(thread), expected, "woken in step {step}");
            }
            settle(&ends, &model);
        }
        assert!(model.waiting.is_empty());
        drop(threads);
    });
}

fn case() -> impl Strategy<Value = Case> {
    (0..2usize, any::<bool>()).prop_map(|(ch, send)| Case { ch, send })
}

fn op() -> impl Strategy<Value = Op> {
    let plain = (prop::collection::vec(case(), 1), any::<bool>());
    let select = (prop::collection::vec(case(), 2), prop::bool::weighted(0.3));
    prop_oneof![
        20 => plain.prop_map(|(cases, default)| Op::Do { cases, default }),
        20 => select.prop_map(|(cases, default)| Op::Do { cases, default }),
        1 => (0..2usize).prop_map(Op::Close),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn random_programs(
        cap in [0..3usize, 0..3usize],
        steps in prop::collection::vec((0..THREADS, op()), 1..60),
    ) {
        run(cap, &steps);
    }
}
