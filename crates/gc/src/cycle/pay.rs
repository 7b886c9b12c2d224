//! Assists: who allocates while a cycle runs marks in proportion, and takes the steps of the cycle that
//! nobody else takes.
//!
//! Each run of cells handed out owes marking ([`pacer::owed`]); what the workers have marked is credit,
//! used first. Debts are paid at the next refill, outside of any operation, in portions; the nearer
//! the goal, the more is owed. So a heap stays near its goal without any worker. Beyond an eighth past
//! it a mutator goes on with the cycle until that is over; not for ever, if somebody holds it up by a
//! pin: its owner may be waiting for us.

use super::background::rest;
use super::driver::{self, Step};
use super::mark::{Marker, POOL};
use super::{governor, pacer, request};
use crate::mutator::Mutator;
use crate::mutator::operation::Op;
use crate::mutator::worker::Counts;
use crate::protocol::phase::Phase;
use gompa_park::note::{Note, note};
use gompa_park::time;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering::Relaxed;

/// Debts below this wait.
const LEAST: i64 = 32 << 10;
/// Bytes marked in one go; more is paid at the next refills.
const PORTION: i64 = 96 << 10;
/// Steps taken at one refill, while nothing is to be marked.
const STEPS: u32 = 3;
/// How long a pin may hold up who is far past the goal, in nanoseconds.
const PIN: u64 = 1_000_000;

/// From so many nanoseconds on an assist is noted: shorter ones are many, and would push what is rare
/// out of a recording.
const NOTED: u64 = 20_000;

/// Bytes marked in advance by the workers.
static CREDIT: AtomicI64 = AtomicI64::new(0);

/// A cycle begins.
pub(crate) fn begin() {
    CREDIT.store(0, Relaxed);
}

/// A worker has marked `bytes`.
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

/// Whether it must pay, or help, before it is handed more.
pub(crate) fn is_due(op: &Op<'_>) -> bool {
    match op.ctl.phase() {
        Phase::Off => {
            op.w.debt.set(0);
            is_needed(Phase::Off, 0)
        }
        phase => is_needed(phase, op.w.debt.get()),
    }
}

/// Whether somebody in this phase, who owes that much, must do something for the cycle.
fn is_needed(phase: Phase, debt: i64) -> bool {
    match phase {
        // A sweep is under way, or a cycle should have begun.
        Phase::Off => driver::is_under_way() || request::is_pending() && pacer::is_late(),
        Phase::Prep | Phase::Term => true,
        Phase::Mark => debt >= LEAST || pacer::is_far_past_goal(),
    }
}

/// Pays; outside of any operation.
#[cold]
pub(crate) fn pay(m: &Mutator) {
    let began = time::now();
    work(m, began);
    let took = time::now() - began;
    Counts::add(&m.enter().w.counts.assist, took);
    if took >= NOTED {
        note(Note::GcAssist, took);
    }
}

fn work(m: &Mutator, began: u64) {
    let (mut steps, mut patience) = (0, 0);
    loop {
        if governor::was_over_budget() {
            m.enter().w.debt.set(0);
            return;
        }
        let (phase, debt) = {
            let op = m.enter();
            let debt = op.w.debt.get();
            let credit = CREDIT.load(Relaxed).clamp(0, debt.max(0));
            if credit > 0 {
                CREDIT.fetch_sub(credit, Relaxed);
                op.w.debt.set(debt - credit);
            }
            (op.ctl.phase(), debt - credit)
        };
        if !is_needed(phase, debt) {
            return;
        }
        // A step comes first: it empties the logs.
        let ((step, paid), _) = governor::metered(|| (driver::try_step(), mark(debt)));
        let is_far = pacer::is_far_past_goal();
        if let Some(paid) = paid {
            pacer::revise();
            let op = m.enter();
            op.w.debt.set(debt - paid as i64);
            if !is_far {
                return;
            }
            continue;
        }
        steps += 1;
        match step {
            Some(Step::Moved) if is_far || steps < STEPS => patience = 0,
            // It has been put off.
            Some(Step::Idle) => return,
            _ if !is_far => {
                // Nothing to mark here: later, then, but it does not pile up.
                let op = m.enter();
                op.w.debt.set(op.w.debt.get().min(PORTION));
                return;
            }
            Some(Step::Pinned) if time::now() - began > PIN => return,
            _ => rest(&mut patience),
        }
    }
}

/// Marks as much as is owed, or a portion, if there is anything to mark.
fn mark(debt: i64) -> Option<u64> {
    let (chunk, cycle) = POOL.begin()?;
    let portion = debt.clamp(LEAST, PORTION) as u64;
    Some(Marker::new(cycle).drain(chunk, portion))
}
