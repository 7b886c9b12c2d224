//! Everything at once.

use super::world::{hop, join, thread, world};
use gompa::{chan, go, gosched, select, time};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(0) };
    static LIST: RefCell<Vec<usize>> = RefCell::new(vec![7]);
}

#[test]
fn allocation_formatting_and_thread_locals() {
    let threads = Arc::new(Mutex::new(HashSet::new()));
    let seen = threads.clone();
    let total = Arc::new(AtomicUsize::new(0));
    let sum = total.clone();
    super::world::goroutines(200, move |i| {
        let mut kept: Vec<Box<dyn Any>> = Vec::new();
        let mut text = String::new();
        NUMBER.set(i);
        for k in 0..100usize {
            kept.push(Box::new(vec![k; (i * 7 + k * 13) % 300]));
            if k % 3 == 0 {
                let len = kept.len();
                kept.swap_remove((i + k) % len);
            }
            text += &format!("{k:.2}");
            LIST.with_borrow_mut(|list| list.push(k));
            if k % 50 == 25 {
                hop();
                threads.lock().unwrap().insert(thread());
            } else {
                gosched();
            }
            assert_eq!(NUMBER.get(), i);
            assert_eq!(LIST.with_borrow(Vec::len), k + 2);
        }
        total.fetch_add(text.len(), SeqCst);
    });
    assert_eq!(sum.load(SeqCst), 200 * 190);
    assert!(seen.lock().unwrap().len() > 1);
}

/// A few steps of each kind, in an order that depends on `seed`.
fn wander(seed: usize, inbox: &chan::Chan<usize>, shared: &Mutex<HashMap<usize, usize>>) {
    let mut random = seed as u32 * 0x9e37 + 1;
    NUMBER.set(seed);
    let me = std::thread::current().id();
    for step in 0..40 {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        match random % 10 {
            0 => hop(),
            1 => time::sleep(Duration::from_micros(u64::from(random) % 300)),
            2 => *shared.lock().unwrap().entry(seed).or_default() += 1,
            3 => {
                let _ = inbox.try_send(step);
            }
            4 => {
                select! {
                    recv(inbox) -> got => assert!(got.unwrap() < 40),
                    default(Duration::from_micros(200)) => {}
                }
            }
            5 => {
                let caught = catch_unwind(|| {
                    gosched();
                    resume_unwind(Box::new(seed));
                });
                assert_eq!(*caught.unwrap_err().downcast::<usize>().unwrap(), seed);
            }
            6 => {
                let child = go(move || {
                    assert_eq!(NUMBER.replace(step), 0);
                    LIST.with_borrow_mut(|list| list.push(1));
                    gosched();
                    step
                });
                assert_eq!(join(child), step);
            }
            7 => LIST.with_borrow_mut(|list| {
                list.push(step);
                gosched();
                assert_eq!(list.last(), Some(&step));
            }),
            8 => gompa::blocking(|| std::thread::sleep(Duration::from_micros(100))),
            _ => {
                let mut lock = std::io::stdout().lock();
                gosched();
                lock.flush().unwrap();
            }
        }
        assert_eq!(NUMBER.get(), seed);
        assert_eq!(std::thread::current().id(), me);
        assert!(!std::thread::panicking());
    }
}

#[test]
fn everything_at_once() {
    world(|| {
        let inbox = chan::make(4);
        let shared = Arc::new(Mutex::new(HashMap::new()));
        let all: Vec<_> = (1..=40)
            .map(|seed| {
                let (inbox, shared) = (inbox.clone(), shared.clone());
                go(move || wander(seed, &inbox, &shared))
            })
            .collect();
        all.into_iter().for_each(join);
    });
}
