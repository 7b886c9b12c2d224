//! Growing: a larger array, with the elements in it.

use super::Slice;
use crate::bounds;
use crate::growth::{self, Rule};
use std::mem;
use std::rc::Rc;

impl<T: Clone> Slice<T> {
    /// The capacity that appending `added` elements gives.
    #[track_caller]
    pub(super) fn grown_cap(&self, added: usize) -> usize {
        growth::grow(size_of::<T>(), self.len(), self.cap(), added, Rule::Go118)
    }

    /// Copies of the first `keep` elements from this view's first on, in a `Vec` with room for `cap`.
    ///
    /// # Safety
    /// So many are initialised.
    #[track_caller]
    pub(super) unsafe fn copied(&self, keep: usize, cap: usize) -> Vec<T> {
        let mut vec = Vec::new();
        if vec.try_reserve_exact(cap).is_err() {
            bounds::growslice()
        }
        if let Some(array) = &self.header.array {
            let _reading = array.read();
            // SAFETY: they are initialised, lie in one array, which this view keeps alive and in its
            // place, and while there is `Reading` nobody writes them.
            let elements = unsafe { std::slice::from_raw_parts(self.header.at(0), keep) };
            vec.extend_from_slice(elements);
        }
        vec
    }

    /// Sees to it that there is room for `added` elements more, with Go's capacity if there was not.
    #[inline(always)]
    #[track_caller]
    pub(super) fn make_room(&mut self, added: usize) {
        if added > self.cap() - self.len() {
            self.enlarge(added);
        }
    }

    #[cold]
    #[inline(never)]
    #[track_caller]
    fn enlarge(&mut self, added: usize) {
        let cap = self.grown_cap(added);
        // SAFETY: 1. `len` elements are. 2. `grow` gives no less than is asked for.
        unsafe { self.move_to(self.len(), cap) }
    }

    /// Gets an array of its own, with room for `cap` elements, and in it the first `keep` from this
    /// view's first on, of which `len` remain this view's. They are moved if nobody else sees them,
    /// without copying any if nothing else is in the array and the allocator can, and otherwise
    /// cloned.
    ///
    /// # Safety
    /// 1. `len <= keep`, and `keep` elements are initialised.
    /// 2. `keep <= cap`.
    #[track_caller]
    pub(super) unsafe fn move_to(&mut self, keep: usize, cap: usize) {
        let (offset, len, first) = (self.header.offset(), self.len(), self.header.at(0));
        let Some(array) = self.header.array.as_mut().and_then(Rc::get_mut) else {
            // SAFETY: the caller's 1.
            let vec = unsafe { self.copied(keep, cap) };
            let zero = self.header.array.as_ref().and_then(|array| array.zero());
            // SAFETY: room for `cap` was reserved, and it is not less than `keep`.
            let mut moved = unsafe { Slice::whole(vec, cap, zero) };
            moved.header.len = len;
            // The other views' array loses this one only after everything else.
            *self = moved;
            return;
        };
        let vec = array.only();
        if offset == 0 && vec.len() == keep {
            if vec.try_reserve_exact(cap - keep).is_err() {
                bounds::growslice()
            }
            array.settle();
            self.header.ptr = array.data();
            self.header.cap = cap;
            return;
        }
        let mut moved = Vec::<T>::new();
        if moved.try_reserve_exact(cap).is_err() {
            bounds::growslice()
        }
        let rest = vec.len() - offset - keep;
        // SAFETY: `first` is where element `offset` of the array is, and `keep` from there on are
        // initialised, as the caller says; they move into a new array with room for them. The `rest`
        // close the gap, so that what is left in the old array is a prefix again. For elements
        // without size nothing moves, and the numbers are right.
        unsafe {
            moved.as_mut_ptr().copy_from_nonoverlapping(first, keep);
            moved.set_len(keep);
            first.copy_from(first.add(keep), rest);
            vec.set_len(offset + rest);
        }
        let old = mem::replace(vec, moved);
        array.settle();
        self.header.ptr = array.data();
        self.header.cap = cap;
        drop(old);
    }

    /// Go's `slices.Grow`: room for `n` elements more than there are, without a further growth.
    /// Elements between length and capacity are kept.
    ///
    /// # Panics
    /// `runtime error: growslice: len out of range`. If the elements must be copied, what `T`'s
    /// [`Clone`] panics with; then nothing has happened.
    ///
    /// ```
    /// let mut s = gompa_slice::Slice::from([1u64, 2, 3]);
    /// s.grow(10);
    /// assert_eq!((s.len(), s.cap()), (3, 14));
    /// ```
    #[track_caller]
    pub fn grow(&mut self, n: usize) {
        if n <= self.cap() - self.len() {
            return;
        }
        let cap = self.grown_cap(n);
        let keep = match &self.header.array {
            Some(array) => self.cap().min(array.init() - self.header.offset()),
            None => 0,
        };
        // SAFETY: 1. `len` lies within the prefix and the capacity, so `keep` is no less; and `keep`
        // lies within the prefix. 2. `cap` is at least `len + n`, which is more than the old one.
        unsafe { self.move_to(keep, cap) }
    }
}
