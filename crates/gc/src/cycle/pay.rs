//! Assists: who allocates while a cycle runs marks in proportion.
//!
//! Each run of cells handed out owes marking ([`pacer::owed`]); what the collector's own thread has
//! marked beyond that is credit, used first. Debts are paid at the next refill, outside of any
//! operation. A heap past its goal makes mutators wait for the collector, in short steps and not for
//! ever: the collector may be waiting for a pin whose owner waits for us.

use super::mark::{Marker, POOL};
use super::{pacer, request};
use crate::mutator::Mutator;
use crate::mutator::operation::Op;
use crate::mutator::worker::Counts;
use crate::protocol::phase::Phase;
use gompa_park::time;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Debts below this wait.
const LEAST: i64 = 64 << 10;
/// One wait, and the longest in a row, in nanoseconds.
const WAIT: u64 = 200_000;
const LONGEST: u64 = 1_000_000;

/// Bytes marked in advance by the collector's thread.
static CREDIT: AtomicI64 = AtomicI64::new(0);

/// A cycle begins.
pub(crate) fn begin() {
    CREDIT.store(0, Relaxed);
}

/// The collector's thread has marked `bytes`.
pub(crate) fn deposit(bytes: u64) {
    CREDIT.fetch_add(bytes as i64, Relaxed);
}

/// In an operation that was handed `bytes`.
pub(crate) fn charge(op: &Op<'_>, bytes: usize) {
    let due = pacer::charge(bytes as u64);
    if op.ctl.phase() == Phase::Off {
        if due {
            request::cycle();
        }
    } else if op.ctl.scanning() {
        op.w.debt.set(op.w.debt.get() + pacer::owed(bytes as u64));
    }
}

/// Whether it must pay, or wait, before it is handed more.
pub(crate) fn is_due(op: &Op<'_>) -> bool {
    match op.ctl.phase() {
        Phase::Off => {
            op.w.debt.set(0);
            pacer::is_past_goal() && request::is_pending()
        }
        Phase::Prep => pacer::is_past_goal(),
        Phase::Mark | Phase::Term => op.w.debt.get() >= LEAST || pacer::is_past_goal(),
    }
}

/// Pays; outside of any operation.
#[cold]
pub(crate) fn pay(m: &Mutator) {
    let began = time::now();
    let mut waited = 0;
    loop {
        let (ctl, debt) = {
            let op = m.enter();
            let debt = op.w.debt.get();
            let credit = CREDIT.load(Relaxed).clamp(0, debt.max(0));
            if credit > 0 {
                CREDIT.fetch_sub(credit, Relaxed);
                op.w.debt.set(debt - credit);
            }
            (op.ctl, debt - credit)
        };
        let past = pacer::is_past_goal();
        let waits = match ctl.phase() {
            Phase::Off => past && request::is_pending(),
            _ => past || debt >= LEAST,
        };
        if !waits {
            break;
        }
        if let Some((chunk, cycle)) = POOL.begin() {
            let budget = debt.max(LEAST) as u64;
            let paid = Marker::new(cycle).drain(chunk, budget);
            let op = m.enter();
            op.w.debt.set(op.w.debt.get() - paid as i64);
            if !past && op.w.debt.get() < LEAST {
                break;
            }
        } else if !past || waited >= LONGEST {
            // Nothing to mark here: what is owed is owed to the next cycle's start at most.
            let op = m.enter();
            op.w.debt.set(op.w.debt.get().min(LEAST - 1));
            break;
        } else {
            wait();
            waited += WAIT;
        }
    }
    let spent = time::now() - began;
    Counts::add(&m.enter().w.counts.assist, spent);
}

/// Lets the collector's thread get on. The thread sleeps, also under a goroutine: to be woken after
/// so short a time by a timer of the scheduler's took far longer, and the monitor hands the P on if
/// others need it.
fn wait() {
    std::thread::sleep(Duration::from_nanos(WAIT));
}
