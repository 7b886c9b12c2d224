//! The plain thread's way to wait: one futex word in a thread-local.
//!
//! ```text
//!   31         4   3       2     1        0
//!   [  number   ][POLLING][CUT][ASLEEP][NOTIFIED]
//! ```
//! - `NOTIFIED`: unparked. The waker adds it, once a wait; the thread takes it.
//! - `ASLEEP`: the thread sleeps in the kernel, or is about to. Set and taken back by the thread.
//! - `CUT`: the wait is [cut short](crate::cut). Set by compare-and-swap, by who knows its number.
//! - `POLLING`: besides ASLEEP: it does not sleep on this word, but polls, and its bell wakes it.
//! - The number counts waits: each ends with all but a NOTIFIED that came too late taken away, and
//!   the next number.
//!
//! The waker's last touch is that addition; the futex call after it uses the address as a name
//! only, so the thread may be gone by then.

use crate::cut::Cutting;
use crate::host::{Host, Vtable};
use crate::reason::WaitReason;
use crate::time::{ENDLESS, Nanos};
use crate::waiter::{Then, Wake};
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Plain threads that wait now, through this crate, with no time limit: they cannot wake anybody.
/// The scheduler's deadlock detection subtracts them from the threads of the process.
static ASLEEP_FOR_GOOD: AtomicUsize = AtomicUsize::new(0);

/// How many plain threads wait now through this crate with no deadline.
pub fn asleep_for_good() -> usize {
    ASLEEP_FOR_GOOD.load(Relaxed)
}

static VTABLE: Vtable = Vtable {
    park,
    unpark,
    yield_now,
    timers: |_| None,
    spawn: |_, f| {
        crate::sync::thread::spawn(f);
    },
    cutting: Some(&Cutting {
        entries,
        number,
        cut,
    }),
};

/// The host of a plain thread: itself.
pub(crate) fn host() -> Host {
    Host {
        data: token(),
        vtable: &VTABLE,
    }
}

unsafe fn yield_now(_: NonNull<()>) {
    std::thread::yield_now();
}

/// While it lives, its thread counts as one that waits with no deadline, however it waits.
#[derive(Debug)]
pub struct AsleepForGood(());

impl AsleepForGood {
    /// The calling thread promises to wake nobody.
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> Self {
        ASLEEP_FOR_GOOD.fetch_add(1, Relaxed);
        AsleepForGood(())
    }
}

impl Drop for AsleepForGood {
    fn drop(&mut self) {
        ASLEEP_FOR_GOOD.fetch_sub(1, Relaxed);
    }
}

/// How a wait went that was not on the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Polled<R> {
    /// It came to its end.
    Done(R),
    /// It was [cut](crate::cut) before it began: withdraw.
    Unbegun,
    /// It came to its end, and was cut: one has been added to the bell, or will be soon.
    Rung(R),
}

/// Runs `poll`, in which the calling plain thread sleeps until something it polls is ready, as a
/// wait that can be cut: that adds one to `bell`, an eventfd which `poll` polls, too.
///
/// After [`Polled::Rung`] the caller reads that one, waiting for it if need be, before it gives up
/// the bell.
pub fn poll_cuttable<R>(bell: BorrowedFd<'_>, poll: impl FnOnce() -> R) -> Polled<R> {
    imp::poll_cuttable(bell, poll)
}

#[cfg(not(loom))]
#[path = "thread/real.rs"]
mod imp;

#[cfg(loom)]
#[path = "thread/model.rs"]
mod imp;

use imp::{cut, entries, number, park, token, unpark};
