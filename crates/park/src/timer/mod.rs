//! Timers, wherever the code runs: a heap for each P, and one thread where no scheduler is.
//!
//! Two things wait for the clock:
//! - a **wait with a deadline**: a parked goroutine ([`WaitTimer`], [`Timers::insert_wait`]). Most
//!   end before their deadline, so what an early end costs matters most.
//! - a **timer** ([`Timer`]): a callback at a time, perhaps again and again, stopped and reset from
//!   anywhere.
//!
//! Both are entries of a [`Timers`]: a 4-ary heap behind a lock, and in front of the lock what
//! others ask most: when is the earliest due? Entries are repaired late: to stop or postpone does
//! not touch the heap. The states, the protocol between a timer, its heap and its callback, and
//! named scenarios are in `README.md` beside this file.
//!
//! # Rooms
//! - `entry`: 16 bytes: when, and what.
//! - `heap`: the 4-ary heap of entries; knows nothing of what they mean.
//! - `prefetch`: a hint to the processor.
//! - `timers`: [`Timers`]: the heap, its lock, what is due, sweeping.
//! - `wait`: [`WaitTimer`]: what a due entry finds in a goroutine.
//! - `upkeep`: dropping the dead, moving from heap to heap.
//! - `running`: [`in_callback`]: whose stack is this?
//! - `handle`: [`Timer`], [`Fired`]: what a timer's users hold.
//! - `inner`: a timer's states: start, stop, reset, due.
//! - `fallback`: the thread that runs the timers of plain threads.

mod entry;
#[cfg(not(loom))]
mod fallback;
mod handle;
mod heap;
mod inner;
mod prefetch;
mod running;
mod timers;
mod upkeep;
mod wait;

pub use handle::{Fired, Timer};
pub use inner::{Aftermath, next_time};
pub use running::in_callback;
pub use timers::Timers;
pub use wait::WaitTimer;

use crate::host;
use std::sync::Arc;

/// The heap for timers that are started here: that of the P that runs this code, or the fallback
/// thread's.
pub fn current() -> Arc<Timers> {
    host::current()
        // SAFETY: the host of the running code, looked up just now.
        .and_then(|h| unsafe { (h.vtable.timers)(h.data) })
        .unwrap_or_else(fallback)
}

/// The heap of the fallback thread: where a runtime that shuts down leaves the timers of others.
/// Starts the thread on first use.
#[cfg(not(loom))]
pub fn fallback() -> Arc<Timers> {
    fallback::timers()
}

/// Under the model there is no such thread: a model that needs a heap
/// [names](model_fallback) one, and runs it.
#[cfg(loom)]
pub fn fallback() -> Arc<Timers> {
    let heap = MODEL_FALLBACK.lock().expect("no panic under it").clone();
    heap.expect("the model has named its heap")
}

#[cfg(loom)]
static MODEL_FALLBACK: std::sync::Mutex<Option<Arc<Timers>>> = std::sync::Mutex::new(None);

/// What [`fallback`] returns from now on. A model that names a heap forgets it at its end.
#[cfg(loom)]
pub fn model_fallback(heap: Option<Arc<Timers>>) {
    *MODEL_FALLBACK.lock().expect("no panic under it") = heap;
}

/// Whether the fallback thread has been started: one of the threads of the process is it.
pub fn fallback_started() -> bool {
    #[cfg(not(loom))]
    return fallback::started();
    #[cfg(loom)]
    return false;
}

/// Whether a timer of the fallback thread is pending: it may still wake somebody.
pub fn fallback_pending() -> bool {
    #[cfg(not(loom))]
    return fallback::pending();
    #[cfg(loom)]
    return false;
}
