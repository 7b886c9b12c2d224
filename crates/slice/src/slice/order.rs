//! Order: reversing, sorting, searching.

use super::Slice;
use crate::is_copy::is_copy;
use std::cmp::Ordering;

impl<T> Slice<T> {
    /// Go's `slices.Reverse(s)`.
    ///
    /// # Panics
    /// If the array is borrowed ([`borrow`](Slice::borrow)).
    #[track_caller]
    pub fn reverse(&self) {
        self.check_write();
        // SAFETY: nobody reads through references, as was checked; reversing calls no foreign code.
        unsafe { self.header.elements_mut().reverse() }
    }

    /// Go's `slices.Sort(s)`, and stable.
    ///
    /// # Panics
    /// As [`sort_by`](Slice::sort_by).
    #[track_caller]
    pub fn sort(&self)
    where
        T: Ord,
    {
        self.sort_by(T::cmp);
    }

    /// Go's `slices.SortStableFunc(s, cmp)`, and thus also its `SortFunc`.
    ///
    /// Meanwhile nobody may write to the array; nor read it, if its elements are not `Copy`. Of an
    /// array that nobody else sees, [`get_mut`](Slice::get_mut) sorts `Copy` elements without a copy
    /// of them.
    ///
    /// # Panics
    /// If the array is borrowed ([`borrow`](Slice::borrow)), also by `cmp`; what `cmp` panics with,
    /// and then the elements are in some order.
    #[track_caller]
    pub fn sort_by(&self, mut cmp: impl FnMut(&T, &T) -> Ordering) {
        let Some(array) = &self.header.array else {
            return;
        };
        if is_copy::<T>() {
            self.check_write();
            let mut sorted = Vec::<T>::with_capacity(self.len());
            // SAFETY: `len` elements are initialised, and are `Copy`. They are copied to another
            // block.
            unsafe {
                sorted
                    .as_mut_ptr()
                    .copy_from_nonoverlapping(self.header.at(0), self.len());
                sorted.set_len(self.len());
            }
            let reading = array.read();
            sorted.sort_by(&mut cmp);
            drop(reading);
            self.check_write();
            // SAFETY: as above; nobody reads the elements through references.
            unsafe {
                self.header
                    .at(0)
                    .copy_from_nonoverlapping(sorted.as_ptr(), self.len());
            }
        } else {
            let _writing = array.write();
            // SAFETY: there is `Writing` for as long as the reference is used, and the elements are
            // not `Copy`.
            unsafe { self.header.elements_mut() }.sort_by(&mut cmp);
        }
    }

    /// Go's `slices.BinarySearch(s, target)`: the first place whose element is not less than
    /// `target`, as `Ok` if it is equal. The elements must be in order.
    ///
    /// # Panics
    /// As [`borrow`](Slice::borrow).
    #[track_caller]
    pub fn binary_search(&self, target: &T) -> Result<usize, usize>
    where
        T: Ord,
    {
        self.binary_search_by(|element| element.cmp(target))
    }

    /// Go's `slices.BinarySearchFunc`: as [`binary_search`](Slice::binary_search); `cmp` says how an
    /// element compares with what is looked for.
    ///
    /// # Panics
    /// As [`borrow`](Slice::borrow); what `cmp` panics with.
    #[track_caller]
    pub fn binary_search_by(&self, mut cmp: impl FnMut(&T) -> Ordering) -> Result<usize, usize> {
        let elements = self.borrow();
        let at = elements.partition_point(|element| cmp(element).is_lt());
        match elements.get(at) {
            Some(element) if cmp(element).is_eq() => Ok(at),
            _ => Err(at),
        }
    }
}
