//! The words of a slice, and what needs nothing but them.

use super::Slice;
use crate::array::Array;
use crate::bounds;
use crate::is_copy::is_copy;
use crate::place::{ahead, between, slot};
use std::ops::RangeBounds;
use std::ptr::NonNull;
use std::rc::Rc;

/// The words of a [`Slice`], which dereferences to this: what a slice can do of which nobody knows
/// whether its elements have a [`Default`].
///
/// `s.slice(..)` is [`Slice::slice`] where the elements' type is known to have one, which can slice
/// up to elements that were never set, and [`Header::slice`] elsewhere. The same goes for `slice3`.
pub struct Header<T> {
    /// `None` if the capacity is 0.
    pub(super) array: Option<Rc<Array<T>>>,
    /// The place of the first element; null if the slice is nil. From it on there is room for `cap`
    /// elements in the array, and the first `len` of them are initialised.
    pub(super) ptr: *mut T,
    pub(super) len: usize,
    pub(super) cap: usize,
}

impl<T> Header<T> {
    /// Go's `s[a:b]`: a view of the same array, from element `a` to before element `b`, with what
    /// room there is from `a` on. A range without an end ends at the length. Beyond the length, up
    /// to the capacity, the elements are what the array holds; what was never set becomes zero.
    ///
    /// # Panics
    /// With Go's text if not `a <= b <= cap`. If it takes zeros and nobody has said what they are:
    /// neither was the array made by `make`, nor does the caller know of a `Default`.
    #[inline]
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Slice<T> {
        self.sliced(&range, None)
    }

    /// Go's `s[a:b:max]`: as [`slice`](Header::slice), with room only up to before element `max`.
    ///
    /// # Panics
    /// With Go's text if not `a <= b <= max <= cap`; otherwise as [`slice`](Header::slice).
    #[inline]
    #[track_caller]
    pub fn slice3(&self, a: usize, b: usize, max: usize) -> Slice<T> {
        self.sliced3(a, b, max, None)
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn sliced(
        &self,
        range: &impl RangeBounds<usize>,
        zero: Option<fn() -> T>,
    ) -> Slice<T> {
        let (a, b) = bounds::ends(range, self.len);
        if a > b || b > self.cap {
            bounds::slice(a, b, self.cap)
        }
        self.initialise(b, zero);
        // SAFETY: 1. and 2. just checked, the latter by `initialise`.
        unsafe { self.part(a, b, self.cap) }
    }

    #[inline(always)]
    #[track_caller]
    pub(super) fn sliced3(
        &self,
        a: usize,
        b: usize,
        max: usize,
        zero: Option<fn() -> T>,
    ) -> Slice<T> {
        if a > b || b > max || max > self.cap {
            bounds::slice3(a, b, max, self.cap)
        }
        self.initialise(b, zero);
        // SAFETY: as in `sliced`.
        unsafe { self.part(a, b, max) }
    }

    /// Sees to it that the first `b` elements are initialised, of those that there is room for.
    #[inline(always)]
    #[track_caller]
    fn initialise(&self, b: usize, zero: Option<fn() -> T>) {
        if b > self.len
            && let Some(array) = &self.array
        {
            array.fill(self.offset() + b, zero);
        }
    }

    /// A view of a part.
    ///
    /// # Safety
    /// 1. `a <= b <= max <= cap`.
    /// 2. The first `b` elements are initialised.
    #[inline(always)]
    pub(super) unsafe fn part(&self, a: usize, b: usize, max: usize) -> Slice<T> {
        if max == a {
            // No room, hence no need of the array; but whoever is not nil does not become it.
            return Slice::empty(self.is_nil());
        }
        Slice {
            header: Header {
                array: self.array.clone(),
                ptr: ahead(self.ptr, a),
                len: b - a,
                cap: max - a,
            },
        }
    }

    #[inline(always)]
    pub(super) fn is_nil(&self) -> bool {
        self.ptr.is_null()
    }

    /// How many elements of the array lie before this view; 0 without an array.
    #[inline(always)]
    pub(super) fn offset(&self) -> usize {
        match &self.array {
            Some(array) => between(array.data(), self.ptr),
            None => 0,
        }
    }

    /// Where element `i` is, which is less than the capacity.
    #[inline(always)]
    pub(super) fn at(&self, i: usize) -> *mut T {
        slot(ahead(self.ptr, i))
    }

    /// The elements.
    ///
    /// # Safety
    /// While the reference is there nobody writes them: the caller holds a `Reading`, or lets no
    /// foreign code run and writes none itself.
    #[inline(always)]
    pub(super) unsafe fn elements(&self) -> &[T] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: `len` initialised elements of one array, which lives as long as this view does,
        // and does not move: that takes `&mut` of the only view. Nobody writes: the caller's duty.
        unsafe { std::slice::from_raw_parts(self.at(0), self.len) }
    }

    /// The elements, to rearrange.
    ///
    /// # Safety
    /// While the reference is there nobody else reads or writes them: the caller holds a `Writing`
    /// of elements that are not `Copy`, or has checked that nobody reads and lets no foreign code
    /// run, or has `&mut` of the only view, for as long.
    #[inline(always)]
    #[expect(clippy::mut_from_ref, reason = "the caller answers for it")]
    pub(super) unsafe fn elements_mut(&self) -> &mut [T] {
        if self.len == 0 {
            return &mut [];
        }
        // SAFETY: as in `elements`; nobody else reads or writes: the caller's duty.
        unsafe { std::slice::from_raw_parts_mut(self.at(0), self.len) }
    }

    /// Element `i`.
    ///
    /// # Safety
    /// `i` is less than the length.
    #[inline(always)]
    #[track_caller]
    pub(super) unsafe fn get_unchecked(&self, i: usize) -> T
    where
        T: Clone,
    {
        if is_copy::<T>() {
            // SAFETY: `i < len`: initialised. Its bits are all there is to a `Copy` element, and
            // nobody is just writing it: other threads cannot, and nobody else has `&mut` of it, for
            // `Writing` is not used for `Copy` elements and the only view is this one.
            return unsafe { self.at(i).read() };
        }
        let _reading = self.array.as_ref().map(|array| array.read());
        // SAFETY: `i < len`: initialised, and while there is `Reading` nobody writes it.
        unsafe { (*self.at(i)).clone() }
    }
}

/// What the pointer of a slice is that is neither nil nor has room.
pub(super) const fn no_place<T>() -> *mut T {
    NonNull::dangling().as_ptr()
}
