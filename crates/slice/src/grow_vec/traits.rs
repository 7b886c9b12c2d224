//! What a `GrowVec` is besides: a slice to look at, and something to compare, clone and convert.

use super::GrowVec;
use crate::Slice;
use std::borrow::{Borrow, BorrowMut};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::{slice, vec};

impl<T, R> Deref for GrowVec<T, R> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

impl<T, R> DerefMut for GrowVec<T, R> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        self.as_mut_slice()
    }
}

impl<T, R> AsRef<[T]> for GrowVec<T, R> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T, R> AsMut<[T]> for GrowVec<T, R> {
    fn as_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<T, R> Borrow<[T]> for GrowVec<T, R> {
    fn borrow(&self) -> &[T] {
        self
    }
}

impl<T, R> BorrowMut<[T]> for GrowVec<T, R> {
    fn borrow_mut(&mut self) -> &mut [T] {
        self
    }
}

impl<T, R> Default for GrowVec<T, R> {
    fn default() -> Self {
        GrowVec::new()
    }
}

impl<T: Clone, R> Clone for GrowVec<T, R> {
    /// With room for what is in it.
    fn clone(&self) -> Self {
        self.to_vec().into()
    }
}

impl<T: PartialEq<U>, U, R, S> PartialEq<GrowVec<U, S>> for GrowVec<T, R> {
    fn eq(&self, other: &GrowVec<U, S>) -> bool {
        **self == **other
    }
}

impl<T: PartialEq<U>, U, R> PartialEq<[U]> for GrowVec<T, R> {
    fn eq(&self, other: &[U]) -> bool {
        **self == *other
    }
}

impl<T: PartialEq<U>, U, R> PartialEq<Vec<U>> for GrowVec<T, R> {
    fn eq(&self, other: &Vec<U>) -> bool {
        **self == **other
    }
}

impl<T: PartialEq<U>, U, R, const N: usize> PartialEq<[U; N]> for GrowVec<T, R> {
    fn eq(&self, other: &[U; N]) -> bool {
        **self == *other
    }
}

impl<T: Eq, R> Eq for GrowVec<T, R> {}

impl<T: Hash, R> Hash for GrowVec<T, R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T: PartialOrd, R> PartialOrd for GrowVec<T, R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        (**self).partial_cmp(&**other)
    }
}

impl<T: Ord, R> Ord for GrowVec<T, R> {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl<T, R> From<Vec<T>> for GrowVec<T, R> {
    /// Costs nothing.
    fn from(vec: Vec<T>) -> Self {
        GrowVec {
            vec,
            ..GrowVec::new()
        }
    }
}

impl<T, const N: usize, R> From<[T; N]> for GrowVec<T, R> {
    fn from(elements: [T; N]) -> Self {
        Vec::from(elements).into()
    }
}

impl<T, R> From<GrowVec<T, R>> for Vec<T> {
    /// Costs nothing.
    fn from(v: GrowVec<T, R>) -> Self {
        v.into_vec()
    }
}

impl<T, R> From<GrowVec<T, R>> for Slice<T> {
    /// It becomes the array of the slice: nothing is copied.
    fn from(v: GrowVec<T, R>) -> Self {
        v.into_vec().into()
    }
}

impl<T: Clone, R> From<Slice<T>> for GrowVec<T, R> {
    /// As [`Slice::into_vec`]: nothing is copied if no other view of the array is there.
    #[track_caller]
    fn from(slice: Slice<T>) -> Self {
        slice.into_vec().into()
    }
}

impl<T, R> IntoIterator for GrowVec<T, R> {
    type Item = T;
    type IntoIter = vec::IntoIter<T>;

    fn into_iter(self) -> vec::IntoIter<T> {
        self.into_vec().into_iter()
    }
}

impl<'a, T, R> IntoIterator for &'a GrowVec<T, R> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> slice::Iter<'a, T> {
        self.iter()
    }
}

impl<'a, T, R> IntoIterator for &'a mut GrowVec<T, R> {
    type Item = &'a mut T;
    type IntoIter = slice::IterMut<'a, T>;

    fn into_iter(self) -> slice::IterMut<'a, T> {
        self.iter_mut()
    }
}
