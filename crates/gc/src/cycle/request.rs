//! Asking for a cycle, and waiting for one.

use super::{background, pacer, trace_line};
use gompa_park::{thread, time};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A cycle was asked for and has not begun: [`NOT`], [`WANTED`] or [`FORCED`].
static ASKED: AtomicU32 = AtomicU32::new(NOT);
const NOT: u32 = 0;
const WANTED: u32 = 1;
/// By `collect`.
const FORCED: u32 = 2;

/// Cycles begun; cycles over, sweep included. Written by whoever has the cycle.
static BEGUN: AtomicU64 = AtomicU64::new(0);
static OVER: AtomicU64 = AtomicU64::new(0);
/// When the last one began.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Nanoseconds after which an idle heap is looked at: Go's two minutes.
static PERIOD: AtomicU64 = AtomicU64::new(120_000_000_000);

/// The collector's own thread is wanted.
static RUNG: Mutex<bool> = Mutex::new(false);
static BELL: Condvar = Condvar::new();

/// Whether a cycle was asked for and has not begun.
pub(crate) fn is_pending() -> bool {
    ASKED.load(Relaxed) != NOT
}

/// Asks for a cycle. Also in an operation: it waits for nobody.
pub(crate) fn cycle() {
    if !is_pending() && ASKED.fetch_max(WANTED, SeqCst) == NOT && !background::is_at_work() {
        background::call();
    }
}

/// Asks for a cycle that begins after this call, which the caller is going to drive; how many must
/// be over then.
pub(crate) fn forced() -> u64 {
    let until = BEGUN.load(SeqCst) + 1;
    ASKED.fetch_max(FORCED, SeqCst);
    until
}

/// Whoever has the cycle, when there is none: whether one is wanted, and whether by `collect`.
pub(super) fn take() -> Option<bool> {
    match ASKED.load(SeqCst) {
        NOT => None,
        asked => Some(asked == FORCED),
    }
}

/// What was asked for begins now, or is put off.
pub(super) fn begun(begins: bool) {
    if begins {
        // The count last: who asks between the two gets a cycle more than needed, not one less.
        ASKED.store(NOT, SeqCst);
        BEGUN.fetch_add(1, SeqCst);
        LAST.store(time::now(), Relaxed);
    } else {
        _ = ASKED.compare_exchange(WANTED, NOT, SeqCst, Relaxed);
        // An idle heap's cycle that is put off is due again after a period, not at once.
        LAST.store(time::now(), Relaxed);
    }
}

/// The cycle is over.
pub(super) fn over() {
    OVER.fetch_add(1, SeqCst);
}

/// Cycles that are over.
pub(crate) fn cycles() -> u64 {
    OVER.load(SeqCst)
}

/// Wakes the collector's own thread.
pub(super) fn ring() {
    *RUNG.lock().unwrap_or_else(PoisonError::into_inner) = true;
    BELL.notify_one();
}

/// The collector's own thread: waits until it is wanted, or until no cycle has begun for a period.
pub(super) fn next() {
    // Such a cycle wakes nobody.
    let _asleep = thread::AsleepForGood::new();
    let mut rung = RUNG.lock().unwrap_or_else(PoisonError::into_inner);
    while !std::mem::take(&mut *rung) {
        let period = PERIOD.load(Relaxed);
        let due = LAST.load(Relaxed).saturating_add(period);
        let now = time::now();
        if due <= now {
            if !pacer::is_off() {
                // Not under the lock that is needed to ring: whoever reads stderr may take its time.
                drop(rung);
                trace_line::print_forced();
                ASKED.fetch_max(WANTED, SeqCst);
                return;
            }
            LAST.store(now, Relaxed);
            continue;
        }
        let wait = Duration::from_nanos((due - now).min(period));
        let woken = BELL.wait_timeout(rung, wait);
        rung = woken.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// The collector's own thread begins.
pub(super) fn start() {
    LAST.store(time::now(), Relaxed);
}

/// For tests, and who knows better: the time after which an idle heap is looked at.
pub(crate) fn set_period(period: Duration) {
    let period = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
    PERIOD.store(period.max(1_000_000), Relaxed);
    BELL.notify_one();
}
