//! Tells whoever asked of locks that others had to wait for: what a mutex profile is made of. Those
//! who build locks call [`released`]; while nobody has asked it costs them one load.

use crate::time::{self, Nanos};
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Null, or a `fn(Nanos)`.
static TOLD: AtomicPtr<()> = AtomicPtr::new(null_mut());

/// `f` is called from now on by whoever gives back a lock that another waits for, with how long that
/// one has waited; `None`: nobody is. There is one such function in the process.
///
/// It shall not wait.
pub fn on_released(f: Option<fn(Nanos)>) {
    TOLD.store(f.map_or(null_mut(), |f| f as *mut ()), Release);
}

/// A lock was given back, and woke somebody who has waited since `since`. Called by the code that
/// gave it back, under no lock.
#[inline]
pub fn released(since: Nanos) {
    if !TOLD.load(Relaxed).is_null() {
        tell(since);
    }
}

#[cold]
#[inline(never)]
fn tell(since: Nanos) {
    let f = TOLD.load(Acquire);
    if f.is_null() {
        return;
    }
    // SAFETY: stored by `on_released`: such a function.
    let f = unsafe { std::mem::transmute::<*mut (), fn(Nanos)>(f) };
    f(time::now().saturating_sub(since));
}
