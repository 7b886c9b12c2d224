//! Printing and comparing.

use super::Slice;
use std::fmt;

impl<T: fmt::Debug> fmt::Debug for Slice<T> {
    /// The elements as a list. While they are being sorted, `[<being sorted>]`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.header.array {
            Some(array) if !array.readable() => f.write_str("[<being sorted>]"),
            _ => self.borrow().fmt(f),
        }
    }
}

/// Go's `slices.Equal`: as many elements, and equal ones. Nil equals an empty slice.
impl<T: PartialEq<U>, U> PartialEq<Slice<U>> for Slice<T> {
    #[track_caller]
    fn eq(&self, other: &Slice<U>) -> bool {
        *self.borrow() == *other.borrow()
    }
}

impl<T: Eq> Eq for Slice<T> {}

impl<T: PartialEq<U>, U> PartialEq<[U]> for Slice<T> {
    #[track_caller]
    fn eq(&self, other: &[U]) -> bool {
        *self.borrow() == *other
    }
}

impl<T: PartialEq<U>, U> PartialEq<&[U]> for Slice<T> {
    #[track_caller]
    fn eq(&self, other: &&[U]) -> bool {
        *self.borrow() == **other
    }
}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<[U; N]> for Slice<T> {
    #[track_caller]
    fn eq(&self, other: &[U; N]) -> bool {
        *self.borrow() == *other
    }
}

impl<T: PartialEq<U>, U> PartialEq<Vec<U>> for Slice<T> {
    #[track_caller]
    fn eq(&self, other: &Vec<U>) -> bool {
        *self.borrow() == **other
    }
}

impl<T: PartialEq<U>, U> PartialEq<Slice<U>> for Vec<T> {
    #[track_caller]
    fn eq(&self, other: &Slice<U>) -> bool {
        **self == *other.borrow()
    }
}

impl<T: PartialEq<U>, U, const N: usize> PartialEq<Slice<U>> for [T; N] {
    #[track_caller]
    fn eq(&self, other: &Slice<U>) -> bool {
        *self == *other.borrow()
    }
}
