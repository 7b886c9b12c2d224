//! Hints to the processor.

use crate::word::CELLS;

/// One of the pairs of a bucket, whose first is given, will be needed soon. `lines` of 64 bytes are
/// fetched at most.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn pairs<T>(first: *const T, lines: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    for line in (0..size_of::<T>() * CELLS).step_by(64).take(lines) {
        // SAFETY: a prefetch changes nothing that the program could see, and faults at no address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(first.cast::<i8>().wrapping_add(line)) };
    }
}

/// As above: nothing here.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
pub(super) fn pairs<T>(_first: *const T, _lines: usize) {}

/// The line of this word will be needed soon.
#[inline]
pub(super) fn line<T>(at: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch changes nothing that the program could see, and faults at no address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = at;
}
