//! Appending: in place while there is room, to a new array otherwise.

use super::Slice;
use crate::place::{ahead, between, slot};

impl<T: Clone> Slice<T> {
    /// Go's `append(s, v)`: a slice with one element more, and this one as it was.
    ///
    /// If there is room, it is a view of the same array, and the element **overwrites** what the
    /// array holds there: another view may see that. If there is none, the elements are cloned into
    /// a new array, with the capacity that [`growth::grow`](crate::growth::grow) says.
    ///
    /// To append in a loop use [`push`](Slice::push), which does not clone what nobody else sees.
    ///
    /// # Panics
    /// `runtime error: growslice: len out of range`; if an element of a borrowed array would be
    /// overwritten ([`borrow`](Slice::borrow)); what [`Clone`] panics with. Then nothing has
    /// happened.
    #[inline]
    #[track_caller]
    #[must_use = "the slice itself stays as it was; `push` appends to it"]
    pub fn append(&self, v: T) -> Slice<T> {
        if self.len() == self.cap() {
            return self.append_elsewhere(std::iter::once(v));
        }
        let mut longer = self.clone();
        // SAFETY: there is room.
        let old = unsafe { longer.put(v) };
        drop(old);
        longer
    }

    /// Go's `append(s, vs...)`: [`append`](Slice::append) of several, which are made first: an
    /// iterator may read the slice. Appending nothing to nil gives nil.
    ///
    /// # Panics
    /// As [`append`](Slice::append), and what the iterator panics with. Then nothing has happened.
    ///
    /// ```
    /// use gompa_slice::Slice;
    /// let s = Slice::from([1, 2]);
    /// assert_eq!(s.append_all(&s), [1, 2, 1, 2]);
    /// assert_eq!(s.append_all(3..=9), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    /// ```
    #[track_caller]
    #[must_use = "the slice itself stays as it was; `extend` appends to it"]
    pub fn append_all(&self, vs: impl IntoIterator<Item = T>) -> Slice<T> {
        let values = Vec::from_iter(vs);
        if values.len() > self.cap() - self.len() {
            return self.append_elsewhere(values.into_iter());
        }
        let mut longer = self.clone();
        // SAFETY: there is room.
        let old = unsafe { longer.put_all(values) };
        drop(old);
        longer
    }

    /// Appends what there is no room for.
    #[inline(never)]
    #[track_caller]
    fn append_elsewhere(&self, values: impl ExactSizeIterator<Item = T>) -> Slice<T> {
        let cap = self.grown_cap(values.len());
        // SAFETY: `len` elements are initialised.
        let mut vec = unsafe { self.copied(self.len(), cap) };
        vec.extend(values);
        let zero = self.header.array.as_ref().and_then(|array| array.zero());
        // SAFETY: room for `cap` was reserved, and the iterators of a value and of a `Vec` do not
        // give more than they say.
        unsafe { Slice::whole(vec, cap, zero) }
    }

    /// Go's `s = append(s, v)`, the way to build a slice. As [`append`](Slice::append); and if no
    /// other slice shares the array, growing moves the elements instead of cloning them, in place
    /// where the allocator can.
    ///
    /// # Panics
    /// As [`append`](Slice::append).
    #[inline]
    #[track_caller]
    pub fn push(&mut self, v: T) {
        self.make_room(1);
        // SAFETY: there is room.
        drop(unsafe { self.put(v) });
    }

    /// Go's `s = append(s, vs...)`: [`push`](Slice::push) of several, which are made first; so the
    /// slice grows at most once.
    #[track_caller]
    pub(super) fn push_all(&mut self, vs: impl IntoIterator<Item = T>) {
        let values = Vec::from_iter(vs);
        self.make_room(values.len());
        // SAFETY: there is room.
        drop(unsafe { self.put_all(values) });
    }

    /// Puts one more element at the end, and gives what was there in the array, if anything was.
    ///
    /// # Safety
    /// There is room: `len < cap`.
    ///
    /// # Panics
    /// If it overwrites, and the array is borrowed; then it does not.
    #[inline(always)]
    #[track_caller]
    unsafe fn put(&mut self, v: T) -> Option<T> {
        let len = self.header.len;
        // SAFETY: slices with room have an array.
        let array = unsafe { self.header.array.as_ref().unwrap_unchecked() };
        let end = ahead(self.header.ptr, len);
        if end == array.end() {
            // SAFETY: the slot is the first that is not initialised, and there is room for it: within
            // the capacity. Then it is initialised.
            unsafe {
                slot(end).write(v);
                array.set_end(ahead(end, 1));
            }
            self.header.len = len + 1;
            return None;
        }
        array.check_write();
        // SAFETY: a view ends within the initialised prefix or just after it, so this element is
        // initialised; nobody reads or writes it, as was just checked.
        let old = unsafe { slot(end).replace(v) };
        self.header.len = len + 1;
        Some(old)
    }

    /// Puts more elements at the end, and gives what was there in the array.
    ///
    /// # Safety
    /// There is room.
    ///
    /// # Panics
    /// If it overwrites, and the array is borrowed; then it does not.
    #[track_caller]
    pub(super) unsafe fn put_all(&mut self, mut values: Vec<T>) -> Vec<T> {
        let (len, count) = (self.header.len, values.len());
        let Some(array) = &self.header.array else {
            debug_assert_eq!(count, 0);
            return values;
        };
        let end = ahead(self.header.ptr, len);
        let overwritten = count.min(between(end, array.end()));
        if overwritten > 0 {
            array.check_write();
        }
        let (to, from) = (self.header.at(len), values.as_mut_ptr());
        // SAFETY: the first `overwritten` elements at `to` are initialised, and nobody reads or
        // writes them, as was just checked: they change places with as many values, which lie in
        // another block. The others move to slots behind them that are not initialised, for which
        // there is room, and then are; `values` keeps only the former. For elements without size
        // nothing moves, and the numbers are right.
        unsafe {
            std::ptr::swap_nonoverlapping(to, from, overwritten);
            to.add(overwritten)
                .copy_from_nonoverlapping(from.add(overwritten), count - overwritten);
            values.set_len(overwritten);
            array.set_end(array.end().max(ahead(end, count)));
        }
        self.header.len = len + count;
        values
    }
}

impl<T: Clone> Extend<T> for Slice<T> {
    /// Go's `s = append(s, vs...)`: [`push`](Slice::push) of several, which are made first; so the
    /// slice grows at most once.
    #[track_caller]
    fn extend<I: IntoIterator<Item = T>>(&mut self, vs: I) {
        self.push_all(vs);
    }
}

impl<'a, T: Clone> Extend<&'a T> for Slice<T> {
    /// As the other, of clones.
    #[track_caller]
    fn extend<I: IntoIterator<Item = &'a T>>(&mut self, vs: I) {
        self.push_all(vs.into_iter().cloned());
    }
}
