//! Lines on stderr, not through std: a goroutine that is parked, or a thread that waits for the caller,
//! may keep std's lock of it; and std panics where nobody reads.

use std::io::{Error, ErrorKind};

/// Writes all of `text`, in one piece if the system takes it as one. What cannot be written is lost:
/// nobody listens. Allocates nothing, takes no lock, and is async-signal-safe.
pub fn write(text: impl AsRef<[u8]>) {
    let mut rest = text.as_ref();
    while !rest.is_empty() {
        // SAFETY: writes from a valid buffer.
        let n = unsafe { libc::write(2, rest.as_ptr().cast(), rest.len()) };
        match usize::try_from(n) {
            Ok(n) if n > 0 => rest = &rest[n..],
            Err(_) if Error::last_os_error().kind() == ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}
