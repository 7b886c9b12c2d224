//! All elements by reference.

use super::Slice;
use crate::array::Reading;
use std::fmt;
use std::ops::Deref;

/// The elements of a [`Slice`] by reference; see [`Slice::borrow`].
pub struct Ref<'a, T> {
    elements: &'a [T],
    _reading: Option<Reading<'a>>,
}

impl<T> Slice<T> {
    /// The elements as Rust's slice. While it is there the array is borrowed: whoever writes to an
    /// element, through whichever view, panics; reading and appending behind what is there go on.
    /// If it is forgotten (`mem::forget`), the array stays borrowed.
    ///
    /// # Panics
    /// If the elements are not `Copy` and are just being sorted.
    ///
    /// ```
    /// let s = gompa_slice::Slice::from([3, 4]);
    /// let squares: i32 = s.borrow().iter().map(|n| n * n).sum();
    /// assert_eq!(squares, 25);
    /// ```
    #[inline]
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let reading = self.header.array.as_ref().map(|array| array.read());
        Ref {
            // SAFETY: there is `Reading` for as long as the reference is.
            elements: unsafe { self.header.elements() },
            _reading: reading,
        }
    }

    /// A copy of the elements.
    ///
    /// # Panics
    /// What [`Clone`] panics with; as [`borrow`](Slice::borrow).
    #[track_caller]
    pub fn to_vec(&self) -> Vec<T>
    where
        T: Clone,
    {
        self.borrow().to_vec()
    }

    /// Go's `[N]T(s)`: a copy of the first `N` elements.
    ///
    /// # Panics
    /// `runtime error: cannot convert slice with length n to array or pointer to array with length
    /// N`; otherwise as [`to_vec`](Slice::to_vec).
    #[track_caller]
    pub fn to_array<const N: usize>(&self) -> [T; N]
    where
        T: Clone,
    {
        match self.borrow().first_chunk() {
            Some(array) => array.clone(),
            None => crate::bounds::array(self.len(), N),
        }
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        self.elements
    }
}

impl<T: fmt::Debug> fmt::Debug for Ref<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.elements.fmt(f)
    }
}
