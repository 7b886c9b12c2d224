//! A goroutine that stays on its thread: for libraries that ask which thread calls them.

use crate::host;
use std::marker::PhantomData;
use std::ptr::null;

/// Keeps the calling goroutine on its thread, and others off it, until dropped. Nests: with several
/// of them, until the last is dropped, in whatever order.
#[derive(Debug)]
#[must_use = "the goroutine is free again when this is dropped"]
pub struct OsThreadGuard {
    /// Stays with the goroutine that made it.
    _not_send: PhantomData<*mut ()>,
}

/// Wires the calling goroutine to its thread: it runs there and nowhere else, and nothing else runs
/// there, until the guard is dropped. If it ends while wired, the thread ends too. On a plain thread
/// this does nothing.
///
/// A goroutine has thread-locals of its own, wired or not; this is for what the kernel keeps by
/// thread (namespaces, user ids, CPU affinity) and for libraries that look at the thread id the
/// kernel gives.
pub fn lock_os_thread() -> OsThreadGuard {
    if let Some(g) = host::goroutine() {
        let m = host::enter(g);
        g.locks.set(g.locks.get() + 1);
        g.locked_to.set(m);
        m.locked.set(g);
        m.tenure.leave();
    }
    OsThreadGuard {
        _not_send: PhantomData,
    }
}

impl Drop for OsThreadGuard {
    fn drop(&mut self) {
        let Some(g) = host::goroutine() else { return };
        g.locks.set(g.locks.get() - 1);
        if g.locks.get() == 0 {
            let m = host::enter(g);
            g.locked_to.set(null());
            m.locked.set(null());
            m.tenure.leave();
        }
    }
}
