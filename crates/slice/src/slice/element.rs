//! One element.

use super::Slice;
use crate::bounds;

impl<T> Slice<T> {
    /// Go's `s[i]`: a copy of the element.
    ///
    /// Of a `Copy` type it costs what reading an array does. Any other is cloned, and meanwhile
    /// nobody may write to the array.
    ///
    /// # Panics
    /// `runtime error: index out of range [i] with length n`; if the elements are not `Copy` and are
    /// just being sorted.
    #[inline(always)]
    #[track_caller]
    pub fn get(&self, i: usize) -> T
    where
        T: Clone,
    {
        if i >= self.len() {
            bounds::index(i, self.len())
        }
        // SAFETY: just checked.
        unsafe { self.header.get_unchecked(i) }
    }

    /// Go's `s[i] = v`: all views of the array see it. The old value is dropped.
    ///
    /// # Panics
    /// `runtime error: index out of range [i] with length n`; if the array is borrowed
    /// ([`borrow`](Slice::borrow)).
    #[inline(always)]
    #[track_caller]
    pub fn set(&self, i: usize, v: T) {
        drop(self.replace(i, v));
    }

    /// [`set`](Slice::set) that gives the old value back.
    ///
    /// # Panics
    /// As [`set`](Slice::set).
    #[inline(always)]
    #[track_caller]
    pub fn replace(&self, i: usize, v: T) -> T {
        if i >= self.len() {
            bounds::index(i, self.len())
        }
        self.check_write();
        // SAFETY: `i < len`: initialised. Nobody reads it through a reference, and nobody else writes
        // it, as was just checked; the value is moved out, and another in.
        unsafe { self.header.at(i).replace(v) }
    }

    /// Go's `s[i], s[j] = s[j], s[i]`.
    ///
    /// # Panics
    /// As [`set`](Slice::set).
    #[inline]
    #[track_caller]
    pub fn swap(&self, i: usize, j: usize) {
        for at in [i, j] {
            if at >= self.len() {
                bounds::index(at, self.len())
            }
        }
        self.check_write();
        // SAFETY: both are initialised, and may be the same; nobody else reads or writes them.
        unsafe { self.header.at(i).swap(self.header.at(j)) }
    }

    /// Go's `clear(s)`: every element becomes zero, which is `T`'s [`Default`]; length and capacity
    /// stay.
    ///
    /// # Panics
    /// If the array is borrowed.
    #[track_caller]
    pub fn clear(&self)
    where
        T: Default,
    {
        for i in 0..self.len() {
            self.set(i, T::default());
        }
    }

    /// That nobody reads elements through references.
    #[inline(always)]
    #[track_caller]
    pub(super) fn check_write(&self) {
        if let Some(array) = &self.header.array {
            array.check_write();
        }
    }
}
