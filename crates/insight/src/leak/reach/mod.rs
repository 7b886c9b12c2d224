//! Which goroutines can something that still runs reach? A garbage collector's mark phase, over all
//! memory of the process, while every thread of it stands still for a moment.
//!
//! # Rule
//! ```text
//!   candidates   goroutines that wait for channels and nothing else, for ever
//!   targets      their channels; their stacks (others may borrow from them)
//!   roots        every other word of memory: globals, heap, other stacks, saved registers
//!
//!   a root, or memory of a target that was reached, holds an address inside of a target
//!                                        -> the target is reached
//!   a channel is reached                 -> the candidates that wait for it are, with their stacks
//!   a candidate that is not reached      can never run again
//! ```
//! Whatever looks like an address is one: in heap memory that is free, in the dead part of a plain
//! thread's stack. So a leak may be missed, and none is made up.
//!
//! # What it costs
//! All threads stand still while memory is read once, some gigabytes a second; pages that were never
//! touched are skipped. Reading is by the kernel, which says no where nothing can be read.
//!
//! # Files
//! [`stop`]: all threads stand still. [`memory`]: reading it, safely. [`mark`]: the rule.
//! Between stop and go nothing here makes memory or takes a lock: a stopped thread may hold it. All
//! there is was made before, in one [`memory::Arena`] that is not searched.

mod mark;
mod memory;
mod stop;

pub(crate) use stop::stand_still;

use gompa_park::{Parker, Unparker, WaitReason};
use std::sync::{Arc, Mutex, PoisonError};

/// Wakes who has asked.
struct Wakes(Unparker);

impl Drop for Wakes {
    fn drop(&mut self) {
        // SAFETY: 1. this thread alone has it, and one of it. 2. `park_claimed` does not withdraw.
        unsafe { self.0.unpark() };
    }
}

/// The numbers of goroutines that can never run again; `None` if not every thread could be stopped.
/// Waits for that, parked or blocked.
pub(super) fn unreachable() -> Option<Vec<u64>> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let found = Arc::new(Mutex::new(None));
    let theirs = found.clone();
    let parker = Parker::current();
    let waiter = parker.unparker();
    let search = move || {
        let _mine = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        // Also if the search panics.
        let _wakes = Wakes(waiter);
        let result = mark::search();
        *theirs.lock().unwrap_or_else(PoisonError::into_inner) = result;
    };
    // A thread of its own: it must not be one of those that are searched, nor hold anything.
    std::thread::Builder::new()
        .name("gompa-leaks".into())
        .spawn(search)
        .ok()?;
    parker.park_claimed(WaitReason::Semacquire);
    found.lock().unwrap_or_else(PoisonError::into_inner).take()
}
