//! Errors that Go lets nobody recover from.

/// Prints Go's `fatal error: text` and ends the process with Go's exit status, 2. Nothing is
/// unwound: what the lock guarded is in an unknown state.
#[cold]
pub(crate) fn fatal(text: &str) -> ! {
    let text = format!("fatal error: {text}\n");
    // SAFETY: writes from a valid buffer; then ends the process. Not through std's lock of stderr,
    // which a parked goroutine may hold.
    unsafe {
        libc::write(2, text.as_ptr().cast(), text.len());
        libc::_exit(2)
    }
}
