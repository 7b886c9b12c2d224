//! Go's documented behaviours, misuse, attacks; between plain threads.
#![cfg(not(loom))]

mod cond;
mod context;
mod errgroup;
mod map;
mod map_against_model;
mod mutex;
mod once;
mod pool;
mod rwlock;
mod semaphore;
mod singleflight;
mod ui;
mod wait_group;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

/// Longer than any test takes.
pub const LONG: Duration = Duration::from_secs(60);
/// Over before anything happens.
pub const SHORT: Duration = Duration::from_millis(5);

/// The text of a panic.
pub fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    match payload.downcast::<&str>() {
        Ok(text) => text.to_string(),
        Err(payload) => *payload.downcast::<String>().expect("a text"),
    }
}

/// Returns once it is so.
pub fn until(mut it_is_so: impl FnMut() -> bool) {
    while !it_is_so() {
        thread::yield_now();
    }
}

/// How many times smaller a test runs under an interpreter.
pub const SLOWER: usize = if cfg!(miri) { 100 } else { 1 };
