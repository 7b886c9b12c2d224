//! Tells whoever asked of every wait of a goroutine that has ended. While nobody has, it costs a wait
//! one load.

use crate::goroutine::G;
use gompa_park::time::{self, Nanos};
use gompa_park::{WaitReason, Wake};
use std::panic::Location;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

/// A wait that has ended.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Blocked {
    /// Why it waited.
    pub reason: WaitReason,
    /// From before it left its thread until it was back on one.
    pub waited: Duration,
    /// Where the goroutine was started.
    pub created_at: &'static Location<'static>,
}

/// Null, or a `fn(&Blocked)`.
static TOLD: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// `f` is called after every wait of a goroutine, by that goroutine, from now on; `None`: nobody is.
/// There is one such function in the process.
///
/// It runs below a call that waits: it shall not wait itself.
pub fn on_blocked(f: Option<fn(&Blocked)>) {
    let f = f.map_or(std::ptr::null_mut(), |f| f as *mut ());
    TOLD.store(f, Release);
}

/// When a wait begins: the time, or 0 if nobody wants to know.
#[inline(always)]
pub(crate) fn begin() -> Nanos {
    if TOLD.load(Relaxed).is_null() {
        return 0;
    }
    time::now()
}

/// The wait of `g`, which runs here, outside of the runtime, is over.
#[cold]
#[inline(never)]
pub(crate) fn end(g: &G, reason: WaitReason, began: Nanos, how: Wake) {
    let f = TOLD.load(Acquire);
    if f.is_null() || how == Wake::Interrupted {
        return;
    }
    let Some(created_at) = g.created_at() else {
        return;
    };
    // SAFETY: stored by `on_blocked`: such a function.
    let f = unsafe { std::mem::transmute::<*mut (), fn(&Blocked)>(f) };
    f(&Blocked {
        reason,
        waited: Duration::from_nanos(time::now().saturating_sub(began)),
        created_at,
    });
}
