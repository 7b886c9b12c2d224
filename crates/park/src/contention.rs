//! Tells whoever asked of locks that others had to wait for: what a mutex profile is made of. Those
//! who build locks ask how long it was when they wake who waited ([`waited`]), and [`tell`] once they
//! hold nothing; while nobody has asked it costs them one load.

use crate::hook::Hook;
use crate::time::{self, Nanos};

static TOLD: Hook<Nanos> = Hook::new();

/// `f` is called from now on by whoever gives back a lock that another waits for, with how long that
/// one has waited; `None`: nobody is. There is one such function in the process.
///
/// # Safety
/// `f` neither waits nor unwinds: the caller's own wait may have been announced already, by a node in its
/// frame.
pub unsafe fn on_released(f: Option<fn(Nanos)>) {
    TOLD.set(f);
}

/// How long somebody has waited who has queued at `since` and is woken now; `None` while nobody wants
/// to know.
#[inline]
pub fn waited(since: Nanos) -> Option<Nanos> {
    TOLD.is_set().then(|| time::now().saturating_sub(since))
}

/// A lock was given back, and woke somebody who had waited that long. Called by the code that gave it
/// back, under no lock.
#[cold]
pub fn tell(waited: Nanos) {
    TOLD.call(waited);
}
