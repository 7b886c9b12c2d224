//! Every value is dropped exactly once, whatever happens to it.
#![cfg(not(loom))]

mod common;

use common::{Recorder, hosted, panic_text, settle};
use gompa_chan::{self as chan, Select, select};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

/// How many were made, how many dropped.
#[derive(Default)]
struct Count {
    made: AtomicU32,
    dropped: AtomicU32,
}

#[derive(Clone, Default)]
struct Counter(Arc<Count>);

/// `PAD` bytes more than it needs.
struct Value<const PAD: usize = 0> {
    counter: Counter,
    panics: bool,
    _pad: [u8; PAD],
}

/// At an odd address no more.
#[repr(align(256))]
struct Aligned(Value);

impl Counter {
    fn value<const PAD: usize>(&self) -> Value<PAD> {
        self.0.made.fetch_add(1, SeqCst);
        Value {
            counter: self.clone(),
            panics: false,
            _pad: [7; PAD],
        }
    }

    fn panicking(&self) -> Value {
        let mut value = self.value();
        value.panics = true;
        value
    }

    /// All that were made have been dropped, and there were so many.
    #[track_caller]
    fn check(&self, made: u32) {
        let counts = (self.0.made.load(SeqCst), self.0.dropped.load(SeqCst));
        assert_eq!(counts, (made, made));
    }

    fn dropped(&self) -> u32 {
        self.0.dropped.load(SeqCst)
    }
}

impl<const PAD: usize> Drop for Value<PAD> {
    fn drop(&mut self) {
        self.counter.0.dropped.fetch_add(1, SeqCst);
        if self.panics && !thread::panicking() {
            resume_unwind(Box::new("drop"));
        }
    }
}

fn unwinds<R>(f: impl FnOnce() -> R) {
    assert!(catch_unwind(AssertUnwindSafe(f)).is_err());
}

#[test]
fn left_in_the_ring() {
    for cap in [1, 2, 5] {
        let c = Counter::default();
        let ch = chan::make(cap);
        // Around the ring's end.
        for _ in 0..cap - 1 {
            ch.send(c.value::<0>());
            drop(ch.recv());
        }
        (0..cap).for_each(|_| ch.send(c.value()));
        assert_eq!(c.dropped() as usize, cap - 1);
        drop(ch);
        c.check(2 * cap as u32 - 1);
    }
}

#[test]
fn left_in_the_ring_and_panicking() {
    let c = Counter::default();
    let ch = chan::make(4);
    ch.send(c.value());
    ch.send(c.panicking());
    ch.send(c.value());
    ch.send(c.value());
    unwinds(|| drop(ch));
    c.check(4);
}

#[test]
fn nobody_left_to_receive() {
    let c = Counter::default();
    let (tx, rx) = chan::channel(4);
    tx.send(c.panicking()).ok();
    tx.send(c.value()).ok();
    tx.send(c.panicking()).ok();
    unwinds(|| drop(rx));
    c.check(3);
    assert!(tx.is_closed());
    drop(tx.send(c.value()));
    drop(tx.try_send(c.value()));
    c.check(5);
}

#[test]
fn a_channel_in_itself_is_freed_with_its_receiver() {
    struct Knot(
        Value,
        #[expect(dead_code, reason = "to be dropped")] chan::Sender<Knot>,
    );
    let c = Counter::default();
    let (tx, rx) = chan::channel(2);
    assert!(!c.value::<0>().panics);
    tx.send(Knot(c.value(), tx.clone())).ok();
    drop(tx);
    drop(rx);
    c.check(2);
    let _ = |k: Knot| k.0.panics;
}

#[test]
fn not_sent() {
    let c = Counter::default();
    let ch = chan::make(1);
    ch.send(c.value::<0>());
    drop(ch.try_send(c.value()));
    drop(ch.send_timeout(c.value(), Duration::from_millis(1)));
    drop(ch.send_timeout(c.value(), Duration::ZERO));
    drop(ch.recv());
    ch.close();
    assert_eq!(panic_text(|| ch.send(c.value())), "send on closed channel");
    drop(ch.try_send(c.value()));
    c.check(6);
}

#[test]
fn closed_while_it_waits() {
    let c = Counter::default();
    let ch = chan::make(0);
    thread::scope(|s| {
        let sender = s.spawn(|| panic_text(|| ch.send(c.value::<0>())));
        settle(&ch, 0, 1);
        ch.close();
        assert_eq!(sender.join().unwrap(), "send on closed channel");
    });
    c.check(1);
}

#[test]
fn abandoned_while_it_waits() {
    let c = Counter::default();
    let recorder = Recorder {
        interrupt: true,
        ..Recorder::default()
    };
    let ch = chan::make(1);
    hosted(&recorder, || {
        unwinds(|| chan::Chan::nil().send(c.value::<0>()));
        ch.send(c.value());
        unwinds(|| ch.send(c.value::<0>()));
        unwinds(|| select! { send(ch, c.value()) => {} });
        drop(ch.recv());
        unwinds(|| ch.recv());
        unwinds(|| select! { recv(ch) => {}, recv(ch) => {} });
    });
    // Nobody waits any more.
    assert!(ch.try_send(c.value()).is_ok());
    drop(ch);
    c.check(4);
}

#[test]
fn handed_over_to_each_kind_of_receiver() {
    let c = Counter::default();
    let ch = chan::make::<Value<100>>(0);
    let none = chan::make::<Value<100>>(0);
    thread::scope(|s| {
        s.spawn(|| drop(ch.recv()));
        s.spawn(|| drop(ch.recv_timeout(Duration::from_secs(60)).ok().unwrap()));
        s.spawn(|| select! { recv(ch) => {}, recv(none) => {} });
        s.spawn(|| {
            let mut sel = Select::new();
            sel.recv(&none);
            sel.recv(&ch);
            drop(sel.select().recv(&ch));
        });
        s.spawn(|| {
            let mut sel = Select::new();
            sel.recv(&ch);
            drop(sel.select());
        });
        settle(&ch, 5, 0);
        ch.send(c.value());
        ch.send_timeout(c.value(), Duration::from_secs(60)).ok();
        ch.try_send(c.value()).ok();
        select! { send(ch, c.value()) => {} }
        let idle = chan::make::<Value<100>>(0);
        select! { send(ch, c.value()) => {}, send(idle, c.value()) => {} }
    });
    c.check(5);
}

#[test]
fn an_operation_that_is_not_answered_or_wrongly() {
    fn sel<T>(ch: &chan::Chan<T>, send: bool) -> chan::SelectedOperation<'_> {
        let mut s = Select::new();
        if send {
            s.send(ch)
        } else {
            s.recv(ch)
        };
        s.try_select().unwrap()
    }
    let c = Counter::default();
    let (ch, other) = (chan::make::<Value>(1), chan::make::<Value>(1));
    for _ in 0..2 {
        ch.send(c.value());
        drop(sel(&ch, false));
        ch.send(c.value());
        let text = panic_text(|| sel(&ch, false).recv(&other));
        assert_eq!(text, "the selected operation is on another channel");
        ch.send(c.value());
        let text = panic_text(|| sel(&ch, false).send(&ch, c.value()));
        assert_eq!(text, "the selected operation is a receive, not a send");
        let text = panic_text(|| sel(&ch, true).recv(&ch));
        assert_eq!(text, "the selected operation is a send, not a receive");
        let text = panic_text(|| sel(&ch, true).send(&other, c.value()));
        assert_eq!(text, "the selected operation is on another channel");
        drop(sel(&ch, true));
        assert_eq!((ch.len(), other.len()), (0, 0));
    }
    c.check(10);
    // Large and over-aligned values take the way over the heap.
    let large = chan::make(1);
    large.send(c.value::<5000>());
    drop(sel(&large, false).recv(&large));
    large.send(c.value());
    drop(sel(&large, false));
    let aligned = chan::make(1);
    aligned.send(Aligned(c.value()));
    let got = sel(&aligned, false).recv(&aligned).unwrap();
    assert_eq!(std::ptr::from_ref(&got).addr() % 256, 0);
    assert_eq!(got.0._pad.len(), 0);
    drop(got);
    c.check(13);
}

#[test]
fn a_value_that_panics_while_it_is_made() {
    let c = Counter::default();
    for cap in [0, 1] {
        let ch = chan::make(cap);
        thread::scope(|s| {
            let receiver = s.spawn(|| drop(ch.recv().unwrap()));
            settle(&ch, 1, 0);
            let make = || {
                let value = c.value();
                if ch.cap() == cap {
                    resume_unwind(Box::new("half-made"));
                }
                value
            };
            unwinds(|| select! { send(ch, make()) => {} });
            ch.send(c.value::<0>());
            receiver.join().unwrap();
        });
        assert_eq!(ch.len(), 0);
    }
    c.check(4);
}

#[test]
fn values_without_size() {
    static DROPPED: AtomicU32 = AtomicU32::new(0);
    struct Nothing;
    impl Drop for Nothing {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, SeqCst);
        }
    }
    let ch = chan::make(usize::MAX >> 1);
    (0..100).for_each(|_| ch.send(Nothing));
    assert_eq!((ch.len(), ch.cap()), (100, usize::MAX >> 1));
    drop(ch.recv());
    select! { recv(ch) => {}, default => panic!() }
    assert_eq!(DROPPED.load(SeqCst), 2);
    drop(ch);
    assert_eq!(DROPPED.load(SeqCst), 100);
}
