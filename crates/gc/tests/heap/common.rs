//! What the tests share.

use gompa_gc::{Field, Opaque, Trace};
use std::sync::Arc;
use std::sync::atomic::AtomicIsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

/// Counts values that are alive.
#[derive(Clone, Default)]
pub struct Census(Arc<AtomicIsize>);

/// Is counted until it is dropped.
pub struct Counted(Arc<AtomicIsize>);

impl Census {
    pub fn one(&self) -> Opaque<Counted> {
        self.0.fetch_add(1, SeqCst);
        Opaque(Counted(self.0.clone()))
    }

    #[track_caller]
    pub fn alive(&self) -> usize {
        let alive = self.0.load(SeqCst);
        usize::try_from(alive).expect("a destructor has run twice")
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// A node of anything.
#[derive(Trace)]
pub struct Node<'gc> {
    pub value: u64,
    pub counted: Opaque<Counted>,
    pub next: Field<'gc, Node<'gc>>,
    pub other: Field<'gc, Node<'gc>>,
}

impl Node<'_> {
    pub fn new(value: u64, census: &Census) -> Self {
        Node {
            value,
            counted: census.one(),
            next: Field::nil(),
            other: Field::nil(),
        }
    }
}

/// A number from the environment, else `n`.
pub fn from_env(name: &str, n: usize) -> usize {
    let said = std::env::var(name).ok().and_then(|text| text.parse().ok());
    said.unwrap_or(n)
}

/// Collects until `done`; destructors run on another thread, soon.
#[track_caller]
pub fn collect_until(mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    loop {
        gompa_gc::collect();
        for _ in 0..50 {
            if done() {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        assert!(
            began.elapsed() < Duration::from_secs(60),
            "it is not collected"
        );
    }
}
