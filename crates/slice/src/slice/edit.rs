//! Inserting and deleting, as package slices does: `s = slices.Insert(s, i, v)` is `s.insert(i, v)`.

use super::Slice;
use crate::bounds;
use std::ops::RangeBounds;

impl<T: Clone> Slice<T> {
    /// Go's `s = slices.Insert(s, i, v)`. If there is room the elements from `i` on move up in place,
    /// for other views of the array to see; otherwise it grows as [`push`](Slice::push) does.
    ///
    /// # Panics
    /// `runtime error: slice bounds out of range [i:n]` if `i` is more than the length `n`; if the
    /// array is borrowed ([`borrow`](Slice::borrow)); as [`push`](Slice::push).
    #[track_caller]
    pub fn insert(&mut self, i: usize, v: T) {
        self.insert_all(i, [v]);
    }

    /// Go's `s = slices.Insert(s, i, vs...)`: [`insert`](Slice::insert) of several, which are made
    /// first: an iterator may read the slice.
    ///
    /// # Panics
    /// As [`insert`](Slice::insert).
    ///
    /// ```
    /// let mut s = gompa_slice::Slice::from([1, 5]);
    /// s.insert_all(1, 2..5);
    /// assert_eq!(s, [1, 2, 3, 4, 5]);
    /// ```
    #[track_caller]
    pub fn insert_all(&mut self, i: usize, vs: impl IntoIterator<Item = T>) {
        if i > self.len() {
            bounds::slice(i, self.len(), self.cap())
        }
        let values = Vec::from_iter(vs);
        if values.is_empty() {
            return;
        }
        let count = values.len();
        self.make_room(count);
        self.check_write();
        // SAFETY: there is room.
        let old = unsafe { self.put_all(values) };
        // SAFETY: nobody reads through references, as was checked, and rotating calls no foreign code.
        unsafe { self.header.elements_mut()[i..].rotate_right(count) };
        drop(old);
    }
}

impl<T: Default> Slice<T> {
    /// Go's `s = slices.Delete(s, a, b)`: the elements behind move down in place, and those that
    /// were last become zero, which other views of the array see.
    ///
    /// # Panics
    /// With Go's text if not `a <= b <= len`; if the array is borrowed
    /// ([`borrow`](Slice::borrow)).
    ///
    /// ```
    /// let all = gompa_slice::Slice::from([1, 2, 3, 4]);
    /// let mut s = all.clone();
    /// s.delete(1..3);
    /// assert_eq!(s, [1, 4]);
    /// assert_eq!(all, [1, 4, 0, 0]);
    /// ```
    #[track_caller]
    pub fn delete(&mut self, range: impl RangeBounds<usize>) {
        let len = self.len();
        let (a, b) = bounds::ends(&range, len);
        if a > b || b > len {
            bounds::slice3(a, b, len, self.cap())
        }
        if a == b {
            return;
        }
        self.check_write();
        // SAFETY: nobody reads through references, as was checked, and rotating calls no foreign code.
        unsafe { self.header.elements_mut()[a..].rotate_left(b - a) };
        self.shorten(len - (b - a));
    }

    /// Go's `s = slices.DeleteFunc(s, del)`: [`delete`](Slice::delete) of every element for which
    /// `del` is true; the others keep their order. All are asked before anything moves.
    ///
    /// # Panics
    /// If the array is borrowed, also by `del` itself; what `del` panics with.
    #[track_caller]
    pub fn delete_func(&mut self, mut del: impl FnMut(&T) -> bool) {
        let keep: Vec<bool> = self.borrow().iter().map(|element| !del(element)).collect();
        self.keep(&keep);
    }

    /// Go's `s = slices.Compact(s)`: of equal neighbours only the first stays. The last elements
    /// become zero, as with [`delete`](Slice::delete).
    ///
    /// # Panics
    /// As [`compact_func`](Slice::compact_func).
    #[track_caller]
    pub fn compact(&mut self)
    where
        T: PartialEq,
    {
        self.compact_func(T::eq);
    }

    /// Go's `s = slices.CompactFunc(s, eq)`: as [`compact`](Slice::compact), with what is equal said
    /// by `eq(this one, the one before it)`. All are asked before anything moves.
    ///
    /// # Panics
    /// If the array is borrowed, also by `eq` itself; what `eq` panics with.
    #[track_caller]
    pub fn compact_func(&mut self, mut eq: impl FnMut(&T, &T) -> bool) {
        let keep: Vec<bool> = {
            let elements = self.borrow();
            let others = elements.windows(2).map(|two| !eq(&two[1], &two[0]));
            elements
                .iter()
                .take(1)
                .map(|_| true)
                .chain(others)
                .collect()
        };
        self.keep(&keep);
    }

    /// Keeps the elements that are marked, in their order.
    #[track_caller]
    fn keep(&mut self, marks: &[bool]) {
        self.check_write();
        // SAFETY: nobody reads through references, as was checked, and swapping calls no foreign code.
        let elements = unsafe { self.header.elements_mut() };
        let mut kept = 0;
        for (i, keep) in marks.iter().enumerate() {
            if *keep {
                elements.swap(kept, i);
                kept += 1;
            }
        }
        self.shorten(kept);
    }

    /// Makes it shorter, and the elements behind zero.
    #[track_caller]
    fn shorten(&mut self, len: usize) {
        let rest = self.header.sliced(&(len..), None);
        self.header.len = len;
        rest.clear();
    }
}

impl<T> Slice<T> {
    /// Go's `s = slices.Clip(s)`: gives up the room beyond the elements, so that the next to append
    /// gets an array of its own. The array itself stays as it is.
    pub fn clip(&mut self) {
        // SAFETY: 1. and 2. the elements that there are.
        *self = unsafe { self.header.part(0, self.len(), self.len()) };
    }
}
