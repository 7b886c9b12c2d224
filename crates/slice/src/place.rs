//! Places of elements, as pointers; also of elements without size.
//!
//! A view knows where it begins by a pointer alone, for that is what reading needs. Elements
//! without size all lie at one address, so for them a place is a number in a pointer's clothes: one
//! byte an element, counted from a low address. Such a place may not be aligned
//! and is never touched; [`slot`] is where an element is read and written.

use std::ptr::NonNull;

const fn stride<T>() -> usize {
    match size_of::<T>() {
        0 => 1,
        size => size,
    }
}

/// The place `n` elements further on.
#[inline(always)]
pub(crate) fn ahead<T>(place: *mut T, n: usize) -> *mut T {
    place.wrapping_byte_add(n * stride::<T>())
}

/// The number of elements from one place to a later one.
#[inline(always)]
pub(crate) fn between<T>(from: *mut T, to: *mut T) -> usize {
    (to.addr() - from.addr()) / stride::<T>()
}

/// Where the element at `place` is.
#[inline(always)]
pub(crate) fn slot<T>(place: *mut T) -> *mut T {
    if size_of::<T>() == 0 {
        NonNull::dangling().as_ptr()
    } else {
        place
    }
}
