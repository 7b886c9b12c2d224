//! Told of what maps do: for whoever records what the process does. This crate knows no recorder.

use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Release};

/// Tables of fewer buckets (logarithm) are not worth a word: they are moved in no time, and often.
pub(crate) const TOLD: u32 = 10;

/// A map of at least 1024 buckets (some eight thousand entries), before or after, begins to move to
/// another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resize {
    /// Buckets of the table that is left.
    pub from: usize,
    /// Buckets of the new one: more, fewer, or as many (to get rid of overflow buckets).
    pub to: usize,
}

/// Who is told.
pub type Listener = fn(Resize);

static LISTENER: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// From now on `listener` is told, by whoever writes to a map. It must not panic, nor use that map.
pub fn on_resize(listener: Listener) {
    LISTENER.store(listener as *mut (), Release);
}

#[cold]
pub(crate) fn tell(from: usize, to: usize) {
    let listener = LISTENER.load(Acquire);
    if !listener.is_null() {
        // SAFETY: not null: a `Listener` put there by `on_resize`.
        let listener = unsafe { transmute::<*mut (), Listener>(listener) };
        listener(Resize { from, to });
    }
}
