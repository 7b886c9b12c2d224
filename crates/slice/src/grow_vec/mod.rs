//! A `Vec` that grows by another rule.

mod traits;

use crate::bounds;
use crate::growth::{Go118, Policy};
use std::fmt;
use std::marker::PhantomData;
use std::ops::RangeBounds;
use std::vec;

/// A [`Vec`] that grows as Go's slices do, or as its [`Policy`] says: for those who want less slack
/// than doubling leaves (at most a quarter and a bit of a large one, instead of half), and no
/// sharing.
///
/// It is one owner's, so it may change threads, gives `&mut [T]` for nothing, and is a `Vec` to
/// whatever does not grow it. From and to a `Vec` and, if no other view is there, a
/// [`Slice`](crate::Slice) it costs nothing.
///
/// ```
/// use gompa_slice::{GrowVec, growth::Doubling};
///
/// let mut v = GrowVec::<u64>::from(vec![7; 1_000]);
/// v.push(7);
/// assert_eq!(v.capacity(), 1_536);
///
/// let mut doubled = GrowVec::<u64, Doubling>::from(vec![7; 1_000]);
/// doubled.push(7);
/// assert_eq!(doubled.capacity(), 2_000);
/// ```
pub struct GrowVec<T, R = Go118> {
    vec: Vec<T>,
    rule: PhantomData<fn() -> R>,
}

impl<T, R> GrowVec<T, R> {
    /// Without elements and without room.
    pub const fn new() -> Self {
        GrowVec {
            vec: Vec::new(),
            rule: PhantomData,
        }
    }

    /// Without elements, with room for at least `capacity`.
    ///
    /// # Panics
    /// As [`Vec::with_capacity`].
    #[track_caller]
    pub fn with_capacity(capacity: usize) -> Self {
        Vec::with_capacity(capacity).into()
    }

    /// How many elements there is room for.
    pub fn capacity(&self) -> usize {
        self.vec.capacity()
    }

    /// The elements.
    pub fn as_slice(&self) -> &[T] {
        &self.vec
    }

    /// The elements.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        &mut self.vec
    }

    /// It as a `Vec`, which from then on grows as a `Vec`. Costs nothing.
    pub fn into_vec(self) -> Vec<T> {
        self.vec
    }

    /// Removes the last element.
    pub fn pop(&mut self) -> Option<T> {
        self.vec.pop()
    }

    /// Removes element `index`; those behind it move down.
    ///
    /// # Panics
    /// As [`Vec::remove`].
    #[track_caller]
    pub fn remove(&mut self, index: usize) -> T {
        self.vec.remove(index)
    }

    /// Removes element `index`; the last takes its place.
    ///
    /// # Panics
    /// As [`Vec::swap_remove`].
    #[track_caller]
    pub fn swap_remove(&mut self, index: usize) -> T {
        self.vec.swap_remove(index)
    }

    /// Keeps the first `len` elements; the room stays.
    pub fn truncate(&mut self, len: usize) {
        self.vec.truncate(len);
    }

    /// Removes all elements; the room stays.
    pub fn clear(&mut self) {
        self.vec.clear();
    }

    /// Keeps the elements of which `keep` says so.
    pub fn retain(&mut self, keep: impl FnMut(&T) -> bool) {
        self.vec.retain(keep);
    }

    /// Removes a range, and gives it out.
    ///
    /// # Panics
    /// As [`Vec::drain`].
    #[track_caller]
    pub fn drain(&mut self, range: impl RangeBounds<usize>) -> vec::Drain<'_, T> {
        self.vec.drain(range)
    }

    /// Gives back what room it can.
    pub fn shrink_to_fit(&mut self) {
        self.vec.shrink_to_fit();
    }
}

impl<T, R: Policy> GrowVec<T, R> {
    /// Appends an element.
    ///
    /// # Panics
    /// `runtime error: growslice: len out of range` if there cannot be so many elements, or so much
    /// memory is not to be had. Then nothing has happened.
    #[inline]
    #[track_caller]
    pub fn push(&mut self, value: T) {
        if self.vec.len() == self.vec.capacity() {
            self.grow(1);
        }
        self.vec.push(value);
    }

    /// Makes room for `added` elements more, by the rule.
    ///
    /// # Panics
    /// As [`push`](GrowVec::push).
    #[inline]
    #[track_caller]
    pub fn reserve(&mut self, added: usize) {
        if added > self.vec.capacity() - self.vec.len() {
            self.grow(added);
        }
    }

    /// Puts an element at `index`; those behind it move up.
    ///
    /// # Panics
    /// As [`push`](GrowVec::push), and as [`Vec::insert`].
    #[track_caller]
    pub fn insert(&mut self, index: usize, value: T) {
        if index <= self.vec.len() {
            self.reserve(1);
        }
        self.vec.insert(index, value);
    }

    /// Appends clones of the elements.
    ///
    /// # Panics
    /// As [`push`](GrowVec::push).
    #[track_caller]
    pub fn extend_from_slice(&mut self, elements: &[T])
    where
        T: Clone,
    {
        self.reserve(elements.len());
        self.vec.extend_from_slice(elements);
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn grow(&mut self, added: usize) {
        let (len, cap) = (self.vec.len(), self.vec.capacity());
        let Some(cap) = R::grow(size_of::<T>(), len, cap, added) else {
            bounds::growslice()
        };
        let more = cap.saturating_sub(len).max(added);
        if self.vec.try_reserve_exact(more).is_err() {
            bounds::growslice()
        }
    }
}

impl<T, R: Policy> Extend<T> for GrowVec<T, R> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, iter: I) {
        let iter = iter.into_iter();
        self.reserve(iter.size_hint().0);
        iter.for_each(|value| self.push(value));
    }
}

impl<'a, T: Clone + 'a, R: Policy> Extend<&'a T> for GrowVec<T, R> {
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, iter: I) {
        self.extend(iter.into_iter().cloned());
    }
}

impl<T, R: Policy> FromIterator<T> for GrowVec<T, R> {
    #[track_caller]
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        let mut all = GrowVec::new();
        all.extend(iter);
        all
    }
}

impl<T: fmt::Debug, R> fmt::Debug for GrowVec<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.vec.fmt(f)
    }
}
