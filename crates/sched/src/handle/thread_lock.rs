//! A goroutine that stays on its thread: for libraries that ask which thread calls them.

use crate::goroutine::G;
use crate::host;
use crate::machine::M;
use std::marker::PhantomData;
use std::ptr::null;

/// Keeps the calling goroutine on its thread, and others off it, until dropped. Nests.
#[derive(Debug)]
#[must_use = "the goroutine is free again when this is dropped"]
pub struct OsThreadGuard {
    /// What it was locked to before: null, or the same thread.
    before: *const M,
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
    let Some(g) = host::goroutine() else {
        return OsThreadGuard {
            before: null(),
            _not_send: PhantomData,
        };
    };
    let m = host::enter(g);
    let before = g.locked_to.replace(m);
    m.locked.set(g);
    m.tenure.leave();
    OsThreadGuard {
        before,
        _not_send: PhantomData,
    }
}

impl Drop for OsThreadGuard {
    fn drop(&mut self) {
        let Some(g) = host::goroutine() else { return };
        if !self.before.is_null() || g.locked_to.get().is_null() {
            return;
        }
        let m = host::enter(g);
        unlock(g, m);
        m.tenure.leave();
    }
}

fn unlock(g: &G, m: &M) {
    g.locked_to.set(null());
    m.locked.set(null());
}
