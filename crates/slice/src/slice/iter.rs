//! Go's `range`.

use super::Slice;
use std::iter::FusedIterator;
use std::vec;

/// The elements of a [`Slice`] one by one; see [`Slice::iter`].
#[derive(Clone)]
pub struct Iter<'a, T> {
    of: &'a Slice<T>,
    /// What is left: `from..to`, which is within the length.
    from: usize,
    to: usize,
}

impl<T> Slice<T> {
    /// Go's `for _, v := range s`: a copy of each element, made when it is its turn, so it sees what
    /// was written until then. The length is that of the beginning. For references to the elements
    /// see [`borrow`](Slice::borrow).
    #[inline]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter {
            of: self,
            from: 0,
            to: self.len(),
        }
    }
}

impl<T: Clone> Iterator for Iter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        if self.from == self.to {
            return None;
        }
        let at = self.from;
        self.from += 1;
        // SAFETY: `at < to`, which is within the length.
        Some(unsafe { self.of.header.get_unchecked(at) })
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<T> {
        self.from += n.min(self.to - self.from);
        self.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.to - self.from;
        (left, Some(left))
    }
}

impl<T: Clone> DoubleEndedIterator for Iter<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        if self.from == self.to {
            return None;
        }
        self.to -= 1;
        // SAFETY: `from <= to`, and `to` is less than it was, which was within the length.
        Some(unsafe { self.of.header.get_unchecked(self.to) })
    }
}

impl<T: Clone> ExactSizeIterator for Iter<'_, T> {}
impl<T: Clone> FusedIterator for Iter<'_, T> {}

impl<'a, T: Clone> IntoIterator for &'a Slice<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[inline]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Clone> IntoIterator for Slice<T> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    /// The elements themselves if no other slice shares the array, otherwise clones made now.
    fn into_iter(self) -> vec::IntoIter<T> {
        self.into_vec().into_iter()
    }
}
