//! In place of `interpose` when that feature is off: nothing is defined in front of libc, so
//! goroutines cannot own their thread-locals.

use super::unsupported::Unsupported;

/// Says so.
pub(super) fn check() -> Result<(), Unsupported> {
    Err(Unsupported::NoInterposition)
}
