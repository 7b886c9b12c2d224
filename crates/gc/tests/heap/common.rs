//! What the tests share.

use gompa_gc::{Field, Opaque, Trace};
use std::process::Command;
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

/// Runs `f`, the body of this test, named with its module, in a process of its own, with these in its
/// environment; what that has written to its standard error. (Nothing in that process.)
#[track_caller]
pub fn alone(test: &str, environment: &[(&str, &str)], f: fn()) -> Option<String> {
    const CHILD: &str = "GOMPA_GC_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        f();
        return None;
    }
    let me = std::env::current_exe().expect("it runs");
    let output = Command::new(me)
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .envs(environment.iter().copied())
        .output()
        .expect("it can run again");
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    assert!(said.contains("1 passed"), "{said}");
    Some(complained.into_owned())
}
