//! Asking for a cycle, and waiting for one.

use gompa_park::lock::real::Lock;
use gompa_park::{Parker, Unparker, WaitReason, Wake, thread, time};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Condvar, Mutex, PoisonError};

/// A cycle was asked for and has not begun.
static PENDING: AtomicBool = AtomicBool::new(false);

/// What the collector's thread waits for.
static WANTED: Mutex<Wanted> = Mutex::new(Wanted {
    cycle: false,
    forced: false,
});
static BELL: Condvar = Condvar::new();

struct Wanted {
    cycle: bool,
    forced: bool,
}

struct Waiters {
    /// Cycles begun; cycles over, sweep included.
    begun: u64,
    over: u64,
    /// Who waits until `over` has reached a number.
    list: Vec<(u64, u64, Unparker)>,
    tickets: u64,
}

static WAITERS: Lock<Waiters> = Lock::new(Waiters {
    begun: 0,
    over: 0,
    list: Vec::new(),
    tickets: 0,
});

/// Whether a cycle was asked for and has not begun.
pub(crate) fn is_pending() -> bool {
    PENDING.load(Acquire)
}

/// Asks for a cycle.
pub(crate) fn cycle() {
    if !PENDING.load(Acquire) && !PENDING.swap(true, Acquire) {
        ring(false);
    }
}

fn ring(forced: bool) {
    let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
    wanted.cycle = true;
    wanted.forced |= forced;
    BELL.notify_one();
}

/// The collector's thread: waits until a cycle is wanted; whether it is forced.
pub(crate) fn next() -> bool {
    let mut wanted = WANTED.lock().unwrap_or_else(PoisonError::into_inner);
    let asleep = thread::AsleepForGood::new();
    while !wanted.cycle {
        wanted = BELL.wait(wanted).unwrap_or_else(PoisonError::into_inner);
    }
    drop(asleep);
    wanted.cycle = false;
    let forced = std::mem::take(&mut wanted.forced);
    drop(wanted);
    WAITERS.lock().begun += 1;
    PENDING.store(false, Release);
    forced
}

/// The collector's thread: the cycle is over.
pub(crate) fn over() {
    let mut waiters = WAITERS.lock();
    waiters.over += 1;
    let over = waiters.over;
    let all = std::mem::take(&mut waiters.list);
    let (done, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|w| w.0 <= over);
    waiters.list = rest;
    drop(waiters);
    for (_, _, unparker) in done {
        // SAFETY: taken out of the list by us alone: claimed; it waits, or is about to.
        unsafe { unparker.unpark() };
    }
}

/// Asks for a cycle that begins after this call, and waits until it is over, sweep included.
pub(crate) fn whole_cycle() {
    let parker = Parker::current();
    let (until, ticket) = {
        let mut waiters = WAITERS.lock();
        let until = waiters.begun + 1;
        waiters.tickets += 1;
        let ticket = waiters.tickets;
        waiters.list.push((until, ticket, parker.unparker()));
        (until, ticket)
    };
    PENDING.store(true, Release);
    ring(true);
    match parker.park(WaitReason::GcSweepWait, time::NEVER) {
        Wake::Unparked => {}
        Wake::TimedOut | Wake::Interrupted => {
            let mut waiters = WAITERS.lock();
            let before = waiters.list.len();
            waiters.list.retain(|w| (w.0, w.1) != (until, ticket));
            let withdrawn = waiters.list.len() < before;
            drop(waiters);
            if withdrawn {
                parker.abandon();
            }
            parker.park_claimed(WaitReason::GcSweepWait);
        }
    }
}

/// Cycles that are over.
pub(crate) fn cycles() -> u64 {
    WAITERS.lock().over
}
