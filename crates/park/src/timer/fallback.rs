//! The thread that runs timers where no scheduler does: one for the process, started on first use.
//!
//! It sleeps on a word that counts changes. The thread reads the word, then the earliest time, then
//! sleeps while the word is what it read; whoever makes a time earlier raises the word after that.
//! So a change after the look ends the sleep, or prevents it.

use super::timers::Timers;
use crate::futex;
use crate::time::{self, NEVER};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Arc, OnceLock};

/// How often a time became earlier.
static CHANGES: AtomicU32 = AtomicU32::new(0);
/// Whether the thread is about to take timers out of the heap, or fires them.
static FIRING: AtomicBool = AtomicBool::new(false);
static TIMERS: OnceLock<Arc<Timers>> = OnceLock::new();

pub(super) fn timers() -> Arc<Timers> {
    TIMERS
        .get_or_init(|| {
            let timers = Arc::new(Timers::new(|_| {
                CHANGES.fetch_add(1, Release);
                futex::wake(&CHANGES, 1);
            }));
            let ours = timers.clone();
            std::thread::Builder::new()
                .name("gompa-timers".into())
                .spawn(move || keep(&ours))
                .expect("failed to start the timer thread");
            timers
        })
        .clone()
}

/// Whether the thread has been started. It never ends.
pub(super) fn started() -> bool {
    TIMERS.get().is_some()
}

/// Whether it has a timer pending, or is firing one. Sweeps first where there is one: a stopped
/// timer wakes nobody.
pub(super) fn pending() -> bool {
    TIMERS.get().is_some_and(|timers| {
        if !timers.is_empty() {
            timers.sweep();
        }
        // In this order: who finds the heap emptied by a run sees that it is on.
        !timers.is_empty() || FIRING.load(Acquire)
    })
}

fn keep(timers: &Timers) -> ! {
    loop {
        let seen = CHANGES.load(Acquire);
        FIRING.store(true, Relaxed);
        timers.run(time::now());
        FIRING.store(false, Release);
        let sleep = match timers.next() {
            NEVER => None,
            at => match at.saturating_sub(time::now()) {
                0 => continue,
                ns => Some(ns),
            },
        };
        futex::wait(&CHANGES, seen, sleep);
    }
}
