//! Slices made of slices, and into slices.

use super::Slice;
use crate::bounds;
use std::iter::FusedIterator;

impl<T: Clone> Slice<T> {
    /// Go's `slices.Concat`: the elements of all in a new array.
    ///
    /// # Panics
    /// `len out of range` if they are too many; as [`append`](Slice::append).
    #[track_caller]
    pub fn concat<'a>(slices: impl IntoIterator<Item = &'a Slice<T>>) -> Slice<T>
    where
        T: 'a,
    {
        let slices = Vec::from_iter(slices);
        let len = slices
            .iter()
            .try_fold(0usize, |sum, slice| sum.checked_add(slice.len()))
            .filter(|len| *len <= isize::MAX as usize);
        let Some(len) = len else {
            panic!("len out of range")
        };
        let mut all = Slice::nil();
        all.grow(len);
        for slice in slices {
            // Its own, so that cloning may do what it likes.
            all.push_all(slice.to_vec());
        }
        all
    }

    /// Go's `slices.Repeat(s, count)`: the elements `count` times over, in a new array without room
    /// beyond them.
    ///
    /// # Panics
    /// `the result of (len(x) * count) overflows`; `runtime error: makeslice: len out of range` if
    /// there is not so much memory; what [`Clone`] panics with; as [`borrow`](Slice::borrow).
    #[track_caller]
    pub fn repeat(&self, count: usize) -> Slice<T> {
        let len = self.len().checked_mul(count);
        let Some(len) = len.filter(|len| *len <= isize::MAX as usize) else {
            panic!("the result of (len(x) * count) overflows")
        };
        let mut vec = Vec::new();
        if vec.try_reserve_exact(len).is_err() {
            bounds::make_len()
        }
        if len > 0 {
            vec.extend_from_slice(&self.borrow());
        }
        while vec.len() < len {
            vec.extend_from_within(..vec.len().min(len - vec.len()));
        }
        // SAFETY: room for `len` was reserved.
        unsafe { Slice::whole(vec, len, None) }
    }
}

impl<T> Slice<T> {
    /// Go's `slices.Chunk(s, n)`: views of `n` elements each, the last perhaps of fewer, without
    /// room beyond them.
    ///
    /// # Panics
    /// `cannot be less than 1` if `n` is 0.
    ///
    /// ```
    /// let s = gompa_slice::Slice::from([1, 2, 3, 4, 5]);
    /// let sums: Vec<i32> = s.chunks(2).map(|two| two.iter().sum()).collect();
    /// assert_eq!(sums, [3, 7, 5]);
    /// ```
    #[track_caller]
    pub fn chunks(&self, n: usize) -> Chunks<'_, T> {
        if n == 0 {
            panic!("cannot be less than 1")
        }
        Chunks {
            of: self,
            from: 0,
            n,
        }
    }
}

/// See [`Slice::chunks`].
#[derive(Clone)]
pub struct Chunks<'a, T> {
    of: &'a Slice<T>,
    from: usize,
    n: usize,
}

impl<T> Iterator for Chunks<'_, T> {
    type Item = Slice<T>;

    fn next(&mut self) -> Option<Slice<T>> {
        let (from, to) = (
            self.from,
            self.from.saturating_add(self.n).min(self.of.len()),
        );
        if from == to {
            return None;
        }
        self.from = to;
        Some(self.of.header.sliced3(from, to, to, None))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.of.len() - self.from).div_ceil(self.n);
        (left, Some(left))
    }
}

impl<T> ExactSizeIterator for Chunks<'_, T> {}
impl<T> FusedIterator for Chunks<'_, T> {}
