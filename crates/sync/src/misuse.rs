//! Errors that Go lets nobody recover from.

use gompa_park::stderr;

/// Prints Go's `fatal error: text` and ends the process with Go's exit status, 2. Nothing is
/// unwound: what the lock guarded is in an unknown state.
#[cold]
pub(crate) fn fatal(text: &str) -> ! {
    stderr::write(format!("fatal error: {text}\n"));
    // SAFETY: ends the process; nothing runs after it.
    unsafe { libc::_exit(2) }
}
