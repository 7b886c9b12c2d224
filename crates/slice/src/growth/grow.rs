//! Both steps of growing.

use super::class::{round_up, round_up_pointers};
use super::rule::{Rule, next_cap};
use crate::bounds;

/// The most bytes of one block in Go on a 64-bit machine.
pub const MAX_BYTES: usize = 1 << 48;

/// The capacity that `append` gives a slice of `old_len` elements, with room for `old_cap`, of
/// `elem_size` bytes without pointers, when `added` elements are appended: `old_cap` if they fit.
/// Elements without size need no room: the capacity is then the new length.
///
/// # Panics
/// `runtime error: growslice: len out of range` if the new length, or the bytes, are more than Go
/// can have ([`MAX_BYTES`]).
///
/// ```
/// use gompa_slice::growth::{Rule, grow};
/// let mut caps = vec![0];
/// for len in 0..2_000 {
///     let cap = grow(8, len, caps[caps.len() - 1], 1, Rule::Go118);
///     caps.push(cap);
/// }
/// caps.dedup();
/// assert_eq!(caps, [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 848, 1280, 1792, 2560]);
/// ```
#[track_caller]
pub const fn grow(
    elem_size: usize,
    old_len: usize,
    old_cap: usize,
    added: usize,
    rule: Rule,
) -> usize {
    match try_grow(elem_size, old_len, old_cap, added, rule) {
        Some(cap) => cap,
        None => bounds::growslice(),
    }
}

/// [`grow`] for elements that hold pointers.
///
/// # Panics
/// As [`grow`].
#[track_caller]
pub const fn grow_pointers(
    elem_size: usize,
    old_len: usize,
    old_cap: usize,
    added: usize,
    rule: Rule,
) -> usize {
    match try_grow_pointers(elem_size, old_len, old_cap, added, rule) {
        Some(cap) => cap,
        None => bounds::growslice(),
    }
}

/// [`grow`] without its panic.
pub const fn try_grow(
    elem_size: usize,
    old_len: usize,
    old_cap: usize,
    added: usize,
    rule: Rule,
) -> Option<usize> {
    let Some(asked) = ask(elem_size, old_len, old_cap, added, rule) else {
        return None;
    };
    match asked {
        Asked::Elements(cap) => Some(cap),
        Asked::Bytes(bytes) => fitting(round_up(bytes), elem_size),
    }
}

/// [`grow_pointers`] without its panic.
pub const fn try_grow_pointers(
    elem_size: usize,
    old_len: usize,
    old_cap: usize,
    added: usize,
    rule: Rule,
) -> Option<usize> {
    let Some(asked) = ask(elem_size, old_len, old_cap, added, rule) else {
        return None;
    };
    match asked {
        Asked::Elements(cap) => Some(cap),
        Asked::Bytes(bytes) => fitting(round_up_pointers(bytes), elem_size),
    }
}

/// What is to be had.
enum Asked {
    /// This capacity, and no allocator is needed for it.
    Elements(usize),
    /// A block of so many bytes, at least.
    Bytes(usize),
}

const fn ask(
    elem_size: usize,
    old_len: usize,
    old_cap: usize,
    added: usize,
    rule: Rule,
) -> Option<Asked> {
    let needed = match old_len.checked_add(added) {
        Some(needed) if needed <= isize::MAX as usize => needed,
        _ => return None,
    };
    if needed <= old_cap {
        return Some(Asked::Elements(old_cap));
    }
    if elem_size == 0 {
        return Some(Asked::Elements(needed));
    }
    match next_cap(old_cap, needed, rule).checked_mul(elem_size) {
        Some(bytes) => Some(Asked::Bytes(bytes)),
        None => None,
    }
}

const fn fitting(bytes: usize, elem_size: usize) -> Option<usize> {
    let cap = bytes / elem_size;
    if cap * elem_size <= MAX_BYTES {
        Some(cap)
    } else {
        None
    }
}
