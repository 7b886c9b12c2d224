//! The stack of a goroutine that waits: it is woken for a moment, writes down its own stack, and
//! waits on.
//!
//! ```text
//!   asker                                goroutine, parked
//!   leaves a slot in `G::dump`
//!   takes it out of its wait (hold)
//!   queues it                    ----->  resumed, finds it was held
//!   waits on the slot                    takes the slot, walks its stack, fills the slot
//!   has the frames               <-----  parks again, in the same wait
//! ```
//! Walking needs some KiB of stack below the wait, which the goroutine gives back to the system at
//! once, so that looking at a million goroutines does not cost a page each.

use crate::goroutine::G;
use crate::host;
use crate::runtime::Sched;
use crate::stack::PAGE;
use gompa_park::{Lock, Parker, Unparker, WaitReason, Wake, time};
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire};

/// How long an asker waits for a goroutine: one that was woken runs soon, unless every P is held by
/// user code.
const PATIENCE: time::Nanos = 1_000_000_000;

/// Frames of a stack at the most.
const MOST_FRAMES: usize = 128;

/// Where a goroutine leaves its stack.
pub(crate) struct DumpSlot {
    state: Lock<State>,
}

enum State {
    Asked(Option<Unparker>),
    Filled(Vec<usize>),
}

/// Why there are no frames.
pub(crate) enum NoFrames {
    /// It does not wait, or another asks it at the moment.
    DoesNotWait,
    /// It was woken and did not answer in time.
    NoAnswer,
}

/// The return addresses of a waiting goroutine, innermost first.
pub(crate) fn frames_of(sched: &Sched, g: &G) -> Result<Vec<usize>, NoFrames> {
    debug_assert!(std::ptr::eq(g.rt.as_ptr(), sched));
    let parker = Parker::current();
    let slot = Arc::new(DumpSlot {
        state: Lock::new(State::Asked(Some(parker.unparker()))),
    });
    let raw = Arc::into_raw(slot.clone()).cast_mut();
    // One asker at a time.
    if g.dump
        .compare_exchange(null_mut(), raw, AcqRel, Acquire)
        .is_err()
    {
        // SAFETY: not taken: ours still.
        drop(unsafe { Arc::from_raw(raw) });
        return Err(NoFrames::DoesNotWait);
    }
    if g.park.hold() {
        host::runnable(NonNull::from(g));
    } else if take_slot(g).is_some() {
        return Err(NoFrames::DoesNotWait);
    }
    // Else somebody else held it (its runtime ends) and it has taken our slot: it answers.
    if parker.park(WaitReason::Semacquire, time::now() + PATIENCE) != Wake::Unparked {
        let mut state = slot.state.lock();
        if let State::Asked(waiter) = &mut *state
            && waiter.take().is_some()
        {
            return Err(NoFrames::NoAnswer);
        }
        drop(state);
        parker.park_claimed(WaitReason::Semacquire);
    }
    match &mut *slot.state.lock() {
        State::Filled(frames) => Ok(std::mem::take(frames)),
        State::Asked(_) => Err(NoFrames::NoAnswer),
    }
}

fn take_slot(g: &G) -> Option<Arc<DumpSlot>> {
    let raw = g.dump.swap(null_mut(), AcqRel);
    // SAFETY: not null: put there by `Arc::into_raw`, and taken once.
    (!raw.is_null()).then(|| unsafe { Arc::from_raw(raw) })
}

/// The goroutine itself, held out of its wait: writes its stack down if somebody has asked. Inside.
#[inline(never)]
pub(crate) fn leave_dump(g: &G) {
    let Some(slot) = take_slot(g) else { return };
    // Walking allocates and takes locks of the unwinder: user code to the runtime.
    host::machine(g).tenure.leave();
    let frames = walk();
    host::enter(g);
    let waiter = match std::mem::replace(&mut *slot.state.lock(), State::Filled(frames)) {
        State::Asked(waiter) => waiter,
        State::Filled(_) => None,
    };
    drop(slot);
    if let Some(waiter) = waiter {
        // Not by the vtable: we are inside.
        // SAFETY: taken out under the lock: ours alone.
        unsafe { wake_from_inside(g, waiter) };
    }
    give_back_below(g);
}

/// # Safety
/// As [`Unparker::unpark`]; `g` runs here, inside.
unsafe fn wake_from_inside(g: &G, waiter: Unparker) {
    host::machine(g).tenure.leave();
    // SAFETY: the caller's duty.
    unsafe { waiter.unpark() };
    host::enter(g);
}

/// The return addresses from here up.
pub(crate) fn walk() -> Vec<usize> {
    let mut frames = Vec::with_capacity(32);
    // SAFETY: `trace_unsynchronized` only reads; there is no libc global it shares on this platform.
    unsafe {
        backtrace::trace_unsynchronized(|frame| {
            frames.push(frame.ip() as usize);
            frames.len() < MOST_FRAMES
        });
    }
    frames
}

/// Gives the memory of the goroutine's stack well below here back.
#[inline(never)]
fn give_back_below(g: &G) {
    let here = 0u8;
    let sp = std::ptr::from_ref(&here).addr();
    // SAFETY: it runs on its stack, so it has one.
    let Some(stack) = (unsafe { (*g.stack.get()).as_ref() }) else {
        return;
    };
    let (from, to) = (stack.low() + PAGE, (sp - PAGE) & !(PAGE - 1));
    if from < to {
        // SAFETY: below everything that runs: the red zone and the call's own frame are within a
        // page of `here`.
        unsafe { libc::madvise(from as *mut _, to - from, libc::MADV_DONTNEED) };
    }
}
