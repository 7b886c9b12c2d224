//! Tells whoever asked of every wait of a goroutine that has ended. While nobody has, it costs a wait
//! one load.

use crate::goroutine::G;
use gompa_park::hook::Hook;
use gompa_park::time::{self, Nanos};
use gompa_park::{WaitReason, Wake};
use std::panic::Location;
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

static TOLD: Hook<Blocked> = Hook::new();

/// `f` is called after every wait of a goroutine, by that goroutine, from now on; `None`: nobody is.
/// There is one such function in the process.
///
/// # Safety
/// `f` neither waits nor unwinds: it runs below a call that waits, whose node may be queued still.
pub unsafe fn on_blocked(f: Option<fn(Blocked)>) {
    TOLD.set(f);
}

/// When a wait begins: the time, or 0 if nobody wants to know.
#[inline(always)]
pub(crate) fn begin() -> Nanos {
    if TOLD.is_set() { time::now() } else { 0 }
}

/// The wait of `g`, which runs here, outside of the runtime, is over.
#[cold]
#[inline(never)]
pub(crate) fn end(g: &G, reason: WaitReason, began: Nanos, how: Wake) {
    if how == Wake::Interrupted {
        return;
    }
    let Some(created_at) = g.created_at() else {
        return;
    };
    TOLD.call(Blocked {
        reason,
        waited: Duration::from_nanos(time::now().saturating_sub(began)),
        created_at,
    });
}
