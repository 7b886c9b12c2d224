//! Growth as a type, for collections that are generic over it.

use super::grow::try_grow;
use super::rule::Rule;

/// How a collection grows. [`GrowVec`](crate::GrowVec) takes one.
///
/// ```
/// use gompa_slice::{GrowVec, growth::Policy};
///
/// /// A page's worth of elements at a time.
/// struct Pages;
///
/// impl Policy for Pages {
///     fn grow(elem_size: usize, len: usize, _cap: usize, added: usize) -> Option<usize> {
///         let bytes = len.checked_add(added)?.checked_mul(elem_size)?;
///         Some(bytes.checked_next_multiple_of(4096)? / elem_size.max(1))
///     }
/// }
///
/// let mut v = GrowVec::<u64, Pages>::new();
/// v.push(1);
/// assert_eq!(v.capacity(), 512);
/// ```
pub trait Policy {
    /// The capacity of a collection of `len` elements of `elem_size` bytes, with room for `cap`, to
    /// which `added` are to be added that do not fit; `None` if there cannot be so many. If it is
    /// less than what is needed, what is needed it is.
    fn grow(elem_size: usize, len: usize, cap: usize, added: usize) -> Option<usize>;
}

/// Go's rule since 1.18, with size classes: what [`grow`](super::grow) gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Go118;

/// Go's rule before 1.18, with size classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Classic;

/// What `Vec` does: at least double.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doubling;

impl Policy for Go118 {
    fn grow(elem_size: usize, len: usize, cap: usize, added: usize) -> Option<usize> {
        try_grow(elem_size, len, cap, added, Rule::Go118)
    }
}

impl Policy for Classic {
    fn grow(elem_size: usize, len: usize, cap: usize, added: usize) -> Option<usize> {
        try_grow(elem_size, len, cap, added, Rule::Classic)
    }
}

impl Policy for Doubling {
    fn grow(elem_size: usize, len: usize, cap: usize, added: usize) -> Option<usize> {
        // The smallest capacity that is worth an allocation, as `Vec` has it.
        let least = match elem_size {
            0 | 1 => 8,
            2..=1024 => 4,
            _ => 1,
        };
        Some(
            len.checked_add(added)?
                .max(cap.saturating_mul(2))
                .max(least),
        )
    }
}
