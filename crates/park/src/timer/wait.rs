//! What the entry of a wait finds in the goroutine that waits.

use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicU32, AtomicU64};
use crate::time::{NEVER, Nanos};
use std::ptr::NonNull;

/// Part of whatever can wait with a deadline: one wait after the other, each with a sequence number
/// of the owner's.
///
/// An entry of a heap outlives its wait, so the memory must too; whether its wait is still on, it
/// learns here, without locks. It learns no more than "perhaps": only the owner's own state, which
/// `fire` consults, decides.
#[derive(Debug)]
#[repr(C, align(16))]
pub struct WaitTimer {
    /// Tells the owner that the deadline of its wait `seq` has passed.
    fire: unsafe fn(NonNull<WaitTimer>, seq: u32),
    /// The deadline of the wait that is on; [`NEVER`]: none. Written by the owner, before `seq`.
    when: AtomicU64,
    /// The number of that wait, or of the last one. Written by the owner.
    seq: AtomicU32,
}

impl WaitTimer {
    /// A target whose waits end by `fire`. It is called with the target and the wait's sequence
    /// number, on the stack of whoever runs the heap, and must neither block nor panic.
    ///
    /// # Safety
    /// `fire` may be called, from any thread, for each target of an
    /// [`insert_wait`](super::Timers::insert_wait), also late: when that wait is over and others
    /// are on. It then does nothing.
    #[cfg(not(loom))]
    pub const unsafe fn new(fire: unsafe fn(NonNull<WaitTimer>, seq: u32)) -> WaitTimer {
        WaitTimer {
            fire,
            when: AtomicU64::new(NEVER),
            seq: AtomicU32::new(0),
        }
    }

    /// As above; the model's atomics cannot be made by a const function.
    ///
    /// # Safety
    /// As above.
    #[cfg(loom)]
    pub unsafe fn new(fire: unsafe fn(NonNull<WaitTimer>, seq: u32)) -> WaitTimer {
        WaitTimer {
            fire,
            when: AtomicU64::new(NEVER),
            seq: AtomicU32::new(0),
        }
    }

    /// A wait begins. Release: who reads the new number reads this deadline or a later wait's.
    #[inline]
    pub(super) fn begin(&self, when: Nanos, seq: u32) {
        self.when.store(when, Relaxed);
        self.seq.store(seq, Release);
    }

    /// The wait that was on is over.
    #[inline]
    pub(super) fn end(&self) {
        self.when.store(NEVER, Relaxed);
    }

    /// The number of the wait that is on, if its deadline is `when`.
    #[inline]
    pub(super) fn live(&self, when: Nanos) -> Option<u32> {
        let seq = self.seq.load(Acquire);
        (self.when.load(Relaxed) == when).then_some(seq)
    }

    /// Calls `fire`.
    ///
    /// # Safety
    /// `target` points to a valid `WaitTimer` that was the target of an `insert_wait`.
    #[inline]
    pub(super) unsafe fn fire(target: NonNull<WaitTimer>, seq: u32) {
        // SAFETY: the target is valid, and a target of `insert_wait`, as `WaitTimer::new` asks.
        unsafe { (target.as_ref().fire)(target, seq) }
    }
}
