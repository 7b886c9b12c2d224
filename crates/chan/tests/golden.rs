//! Every row that Go 1.27 printed about channels (`golden/chan_ops.csv`), with plain threads.
#![cfg(not(loom))]

mod common;

use common::{Recorder, hosted, reason_of, settle};
use gompa_chan::{self as chan, Chan, select};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

type Ch = Chan<i64>;

/// Rows of other parts of the runtime, in the table `fatal`.
const NOT_HERE: [&str; 9] = [
    "goexit_main",
    "waitgroup",
    "mutex",
    "sleep_then_block",
    "two_goroutines",
    "unlock_unlocked",
    "panic_err",
    "panic_goexit",
    "cond",
];

/// table, state, operation, outcome, detail
fn rows(table: &str) -> Vec<[String; 4]> {
    let rows: Vec<_> = include_str!("golden/chan_ops.csv")
        .lines()
        .filter_map(|line| line.strip_prefix(table)?.strip_prefix(','))
        .map(|line| {
            let mut fields = line.splitn(4, ',').map(|f| f.trim_matches('"').to_string());
            std::array::from_fn(|_| fields.next().unwrap())
        })
        .collect();
    assert!(!rows.is_empty());
    rows
}

fn filled(cap: usize, values: i64) -> Ch {
    let ch = chan::make(cap);
    (1..=values).for_each(|v| ch.send(v));
    ch
}

fn closed(ch: Ch) -> Ch {
    ch.close();
    ch
}

fn with_receiver(ch: Ch) -> Ch {
    let other = ch.clone();
    thread::spawn(move || other.recv());
    settle(&ch, 1, 0);
    ch
}

fn with_sender(ch: Ch, value: i64) -> Ch {
    // Of Rust's face, which does not panic when the channel is closed.
    let tx = ch.sender();
    thread::spawn(move || tx.send(value));
    settle(&ch, 0, 1);
    ch
}

fn state(name: &str) -> Ch {
    match name {
        "nil" => Chan::nil(),
        "unbuf_open" => chan::make(0),
        "unbuf_recv_waiting" => with_receiver(chan::make(0)),
        "unbuf_send_waiting" => with_sender(chan::make(0), 7),
        "unbuf_closed" => closed(chan::make(0)),
        "buf2_empty" => chan::make(2),
        "buf2_recv_waiting" => with_receiver(chan::make(2)),
        "buf2_one" => filled(2, 1),
        "buf2_full" => filled(2, 2),
        "buf2_full_send_waiting" => with_sender(filled(2, 2), 3),
        "buf2_closed_empty" => closed(chan::make(2)),
        "buf2_closed_one" => closed(filled(2, 1)),
        "buf2_closed_full" => closed(filled(2, 2)),
        other => panic!("state {other}"),
    }
}

/// A value and whether it was one, as Go prints them.
fn pair(v: Option<i64>) -> String {
    format!("{} {}", v.unwrap_or(0), v.is_some())
}

/// What the operation prints; "default" if the default ran.
fn operate(op: &str, c: &Ch) -> String {
    let nil = Ch::nil();
    match op {
        "send" => {
            c.send(9);
            String::new()
        }
        "recv" => c.recv().unwrap_or(0).to_string(),
        "recv_ok" => pair(c.recv()),
        "close" => {
            c.close();
            String::new()
        }
        "len" => c.len().to_string(),
        "cap" => c.cap().to_string(),
        "select_send_default" => select! {
            send(c, 9) => "sent".into(),
            default => "default".into(),
        },
        "select_recv_default" => select! {
            recv(c) -> v => pair(v),
            default => "default".into(),
        },
        "select_send" => select! { send(c, 9) => "sent".into() },
        "select_recv_plus_nil" => select! {
            recv(c) -> v => pair(v),
            send(nil, 1) => "nil".into(),
        },
        "select_send_recv_same" => select! {
            recv(c) -> v => format!("recv {}", pair(v)),
            send(c, 9) => "sent".into(),
            default => "default".into(),
        },
        "range_one_step" => c
            .iter()
            .next()
            .map_or("loop ended".into(), |v| v.to_string()),
        other => panic!("operation {other}"),
    }
}

/// Outcome and detail of one operation, as the table has them.
fn outcome(op: &'static str, c: Ch, patience: Duration) -> (String, String) {
    let (tx, rx) = mpsc::channel();
    thread::spawn(move || tx.send(catch_unwind(AssertUnwindSafe(|| operate(op, &c)))));
    let (outcome, detail) = match rx.recv_timeout(patience) {
        Err(_) => ("blocks", String::new()),
        Ok(Ok(text)) if text == "default" => ("default", String::new()),
        Ok(Ok(text)) => ("ok", text),
        Ok(Err(payload)) => {
            let text = payload.downcast::<&str>().unwrap();
            ("panic", format!("{text} [runtime.Error=true]"))
        }
    };
    (outcome.into(), detail)
}

#[test]
fn every_operation_in_every_state() {
    let rows = rows("op");
    assert_eq!(rows.len(), 161);
    for pair in rows.chunk_by(|a, b| a[..2] == b[..2]) {
        let (name, op) = (&pair[0][0], pair[0][1].clone().leak());
        let expected: BTreeSet<_> = pair.iter().map(|r| (r[2].clone(), r[3].clone())).collect();
        // What should not block gets all the time it may need on a busy machine.
        let blocks = expected.iter().any(|e| e.0 == "blocks");
        let patience = Duration::from_millis(if blocks { 15 } else { 60_000 });
        let mut seen = BTreeSet::new();
        // Where chance decides, until both have been seen (missed once in 2^64 runs).
        for _ in 0..64 {
            seen.insert(outcome(op, state(name), patience));
            if expected.len() == 1 || seen.len() > 1 {
                break;
            }
        }
        assert_eq!(seen, expected, "{op} on {name}");
    }
}

/// Runs `wait` on a thread until it waits, then `act`; what the waiter said.
fn waiter(
    ch: &Ch,
    waiting: (usize, usize),
    wait: impl FnOnce() -> String + Send,
    act: impl FnOnce(),
) -> String {
    thread::scope(|s| {
        let waiter = s.spawn(|| match catch_unwind(AssertUnwindSafe(wait)) {
            Ok(text) => text,
            Err(payload) => format!("panic: {}", payload.downcast::<&str>().unwrap()),
        });
        settle(ch, waiting.0, waiting.1);
        act();
        waiter.join().unwrap()
    })
}

#[test]
fn what_becomes_of_those_who_waited() {
    let rows = rows("waiter");
    assert_eq!(rows.len(), 7);
    for [name, _, _, expected] in rows {
        let (c, d): (Ch, Ch) = (chan::make(0), chan::make(0));
        let got = match name.as_str() {
            "receiver_waiting" => waiter(&c, (1, 0), || pair(c.recv()), || c.close()),
            "sender_waiting" => waiter(
                &c,
                (0, 1),
                || {
                    c.send(1);
                    String::new()
                },
                || c.close(),
            ),
            "select_send_waiting" => waiter(
                &c,
                (0, 1),
                || select! { send(c, 1) => String::new(), recv(d) -> v => pair(v) },
                || c.close(),
            ),
            "select_recv_waiting_on_c_and_d" => waiter(
                &d,
                (1, 0),
                || {
                    select! {
                        recv(c) -> v => format!("c {}", pair(v)),
                        recv(d) -> v => format!("d {}", pair(v)),
                    }
                },
                || d.close(),
            ),
            "3_receivers_queued_in_order" => receivers_in_order(&c),
            "full_buf1_3_senders_queued" => senders_in_order(),
            "5_receivers_queued_p1" => close_order(),
            other => panic!("row {other}"),
        };
        assert_eq!(got, expected, "{name}");
    }
}

fn receivers_in_order(c: &Ch) -> String {
    thread::scope(|s| {
        let receivers: Vec<_> = (0..3)
            .map(|i| {
                let r = s.spawn(move || format!("r{i}={}", c.recv().unwrap()));
                settle(c, i + 1, 0);
                r
            })
            .collect();
        (0..3).for_each(|i| c.send(i * 10));
        let texts: Vec<_> = receivers.into_iter().map(|r| r.join().unwrap()).collect();
        texts.join(" ")
    })
}

fn senders_in_order() -> String {
    let c: Ch = chan::make(1);
    c.send(100);
    thread::scope(|s| {
        for i in 0..3 {
            let c = &c;
            s.spawn(move || c.send(i));
            settle(c, 0, i as usize + 1);
        }
        let texts: Vec<_> = (0..4).map(|_| c.recv().unwrap().to_string()).collect();
        texts.join(" ")
    })
}

/// The order in which one P would run those whom a close wakes: each that becomes ready takes the
/// next place, and who had it goes to the end of the queue.
fn close_order() -> String {
    let woken = Arc::new(Mutex::new(Vec::new()));
    let c: Ch = chan::make(0);
    thread::scope(|s| {
        for i in 0..5 {
            let (c, woken) = (&c, woken.clone());
            s.spawn(move || {
                let recorder = Recorder {
                    on_unpark: Some(Box::new(move || {
                        woken.lock().unwrap().push(format!("r{i}"))
                    })),
                    ..Recorder::default()
                };
                hosted(&recorder, || assert_eq!(c.recv(), None));
            });
            settle(c, i + 1, 0);
        }
        c.close();
    });
    let mut order = std::mem::take(&mut *woken.lock().unwrap());
    order.rotate_right(1);
    order.join(" ")
}

#[test]
fn sizes() {
    for [size, what, outcome, detail] in rows("make") {
        let size = match size.as_str() {
            "size=-1" => usize::MAX,
            "size=1<<62" => 1 << 62,
            "size=1<<40" => 1 << 40,
            other => panic!("row {other}"),
        };
        let made = catch_unwind(|| match what.as_str() {
            "make(chan int)" => chan::make::<i64>(size).cap(),
            "make(chan struct{})" => chan::make::<()>(size).cap(),
            other => panic!("row {other}"),
        });
        match made {
            Ok(cap) => {
                assert_eq!(outcome, "ok");
                assert!(detail.starts_with(&format!("cap={cap} ")));
            }
            Err(payload) => {
                let text = payload.downcast::<&str>().unwrap();
                assert_eq!(outcome, "panic");
                assert_eq!(detail, format!("{text} [runtime.Error=true]"));
            }
        }
    }
}

#[test]
fn wait_reasons() {
    let mut not_here = 0;
    for [what, _, _, detail] in rows("fatal") {
        let (nil, open): (Ch, Ch) = (Chan::nil(), chan::make(0));
        let reason = match what.as_str() {
            "send_nil" => reason_of(|| nil.send(1)),
            "recv_nil" => reason_of(|| nil.recv()),
            "range_nil" => reason_of(|| nil.iter().next()),
            "select_empty" => reason_of(|| select! {}),
            "recv_forever" => reason_of(|| open.recv()),
            "send_forever" => reason_of(|| open.send(1)),
            "select_forever" => reason_of(|| select! { recv(open) => {}, send(open, 1) => {} }),
            other => {
                assert!(NOT_HERE.contains(&other), "row {other}");
                not_here += 1;
                continue;
            }
        };
        assert!(
            detail.ends_with(&format!("goroutine 1 [{reason}]:")),
            "{what}: {detail}"
        );
    }
    assert_eq!(not_here, NOT_HERE.len());
}
