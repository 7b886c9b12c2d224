//! Go's words for what is out of bounds. Out of line, so that the checks are small.

use std::ops::{Bound, RangeBounds};

/// `s[i]` with `i >= len`.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn index(i: usize, len: usize) -> ! {
    panic!("runtime error: index out of range [{i}] with length {len}")
}

/// `s[a:b]` of a slice with room for `cap`; says which check failed. Also for `a <= b <= cap`,
/// which it does not expect.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn slice(a: usize, b: usize, cap: usize) -> ! {
    if b > cap {
        panic!("runtime error: slice bounds out of range [:{b}] with capacity {cap}")
    }
    panic!("runtime error: slice bounds out of range [{a}:{b}]")
}

/// `s[a:b:max]`.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn slice3(a: usize, b: usize, max: usize, cap: usize) -> ! {
    if max > cap {
        panic!("runtime error: slice bounds out of range [::{max}] with capacity {cap}")
    }
    if b > max {
        panic!("runtime error: slice bounds out of range [:{b}:{max}]")
    }
    panic!("runtime error: slice bounds out of range [{a}:{b}:]")
}

/// An array of `want` from a slice of `len`.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn array(len: usize, want: usize) -> ! {
    panic!(
        "runtime error: cannot convert slice with length {len} to array or pointer to array with length {want}"
    )
}

/// `make` with a length that cannot be.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn make_len() -> ! {
    panic!("runtime error: makeslice: len out of range")
}

/// `make` with a capacity that cannot be.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) fn make_cap() -> ! {
    panic!("runtime error: makeslice: cap out of range")
}

/// Growth beyond what can be.
#[cold]
#[inline(never)]
#[track_caller]
pub(crate) const fn growslice() -> ! {
    panic!("runtime error: growslice: len out of range")
}

/// The ends of a Rust range over a slice of length `len`, unchecked. An end that cannot be counted
/// is beyond every capacity.
#[inline(always)]
pub(crate) fn ends(range: &impl RangeBounds<usize>, len: usize) -> (usize, usize) {
    let from = match range.start_bound() {
        Bound::Included(&from) => from,
        Bound::Excluded(&before) => before.saturating_add(1),
        Bound::Unbounded => 0,
    };
    let to = match range.end_bound() {
        Bound::Included(&last) => last.saturating_add(1),
        Bound::Excluded(&to) => to,
        Bound::Unbounded => len,
    };
    (from, to)
}
