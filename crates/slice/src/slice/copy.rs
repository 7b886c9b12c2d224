//! Go's `copy`.

use super::Slice;
use crate::is_copy::is_copy;

/// Go's `copy(dst, src)`: as many elements as both have, from the beginning of `src` over those of
/// `dst`; returns their number. They may overlap: `dst` then holds what `src` held before.
///
/// # Panics
/// If the array of `dst` is borrowed ([`borrow`](Slice::borrow)); what [`Clone`] panics with. Then
/// nothing has happened.
///
/// ```
/// use gompa_slice::{self as slice, Slice};
/// let s = Slice::from([1, 2, 3, 4, 5]);
/// assert_eq!(slice::copy(&s.slice(1..), &s), 4);
/// assert_eq!(s, [1, 1, 2, 3, 4]);
/// ```
#[track_caller]
pub fn copy<T: Clone>(dst: &Slice<T>, src: &Slice<T>) -> usize {
    let count = dst.len().min(src.len());
    if !is_copy::<T>() {
        // SAFETY: no more than the length.
        let values = unsafe { src.copied(count, count) };
        dst.overwrite(values);
    } else if count > 0 {
        dst.check_write();
        // SAFETY: both have `count` initialised elements, which are `Copy`; those of `dst` nobody
        // reads through references, as was just checked. They may overlap.
        unsafe { dst.header.at(0).copy_from(src.header.at(0), count) }
    }
    count
}

impl<T> Slice<T> {
    /// Go's `copy(s, from)`, from what need not be a [`Slice`]; returns the number of elements.
    ///
    /// # Panics
    /// As [`copy`].
    #[track_caller]
    pub fn copy_from(&self, from: &[T]) -> usize
    where
        T: Clone,
    {
        let count = self.len().min(from.len());
        self.overwrite(from[..count].to_vec());
        count
    }

    /// Puts the values, of which there are no more than elements, over the first of them.
    #[track_caller]
    fn overwrite(&self, mut values: Vec<T>) {
        debug_assert!(values.len() <= self.len());
        if values.is_empty() {
            return;
        }
        self.check_write();
        // SAFETY: so many elements are initialised, and nobody reads or writes them, as was just
        // checked; the values lie in another block.
        unsafe {
            std::ptr::swap_nonoverlapping(self.header.at(0), values.as_mut_ptr(), values.len());
        }
        // The old ones.
        drop(values);
    }
}
