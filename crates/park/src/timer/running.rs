//! Whether this stack runs callbacks, which must neither block nor panic.

use std::cell::Cell;

thread_local! {
    /// Whether this stack runs callbacks.
    static RUNNING: Cell<bool> = const { Cell::new(false) };
}

/// Whether this is a callback of a timer, or a destructor on its behalf: code that must not block.
#[inline(never)]
pub fn in_callback() -> bool {
    RUNNING.get()
}

/// A run is on, or anything else that may fire or drop timers at no wish of their users. Ends the
/// process if it unwinds.
pub(super) struct Running {
    before: bool,
}

impl Running {
    #[inline(never)]
    pub(super) fn begin() -> Running {
        Running {
            before: RUNNING.replace(true),
        }
    }

    #[inline(never)]
    pub(super) fn end(self) {
        RUNNING.set(self.before);
        std::mem::forget(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        crate::stderr::write("fatal error: a timer's callback panicked\n");
        std::process::abort();
    }
}
