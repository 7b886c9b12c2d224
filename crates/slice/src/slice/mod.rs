//! Slices: their making and their words. What can be done with them is told beside this file, a
//! file a subject.

mod append;
mod borrow;
mod convert;
mod copy;
mod edit;
mod element;
mod header;
mod iter;
mod only;
mod order;
mod parts;
mod room;
mod traits;

pub use borrow::Ref;
pub use copy::copy;
pub use header::Header;
pub use iter::Iter;
pub use parts::Chunks;

use crate::array::{Array, of_nothing};
use crate::bounds;
use crate::growth::MAX_BYTES;
use std::ops::{Deref, RangeBounds};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// Go's slice: a pointer, a length and a capacity, over an array that other slices may share.
///
/// A clone is another view of the same elements, as is what [`slice`](Slice::slice) gives: each sees
/// what is written through the others, until it outgrows its capacity and gets an array of its own.
///
/// ```
/// use gompa_slice::Slice;
///
/// let all = Slice::from([1, 2, 3, 4]);
/// let mut first = all.slice(..2);
/// first.set(0, 10);
/// first.push(30); // there is room: this overwrites all[2]
/// assert_eq!(all, [10, 2, 30, 4]);
///
/// let mut apart = all.slice3(0, 2, 2);
/// apart.push(300); // there is none: this copies
/// apart.set(0, 100);
/// assert_eq!(all, [10, 2, 30, 4]);
/// assert_eq!(apart, [100, 2, 300]);
/// ```
///
/// See [the crate](crate) for what may be done when, and on which thread.
pub struct Slice<T> {
    header: Header<T>,
}

impl<T> Slice<T> {
    /// Go's nil slice: no elements, no room, no array. Appending to it makes it a slice like any
    /// other.
    #[inline]
    pub const fn nil() -> Self {
        Slice::empty(true)
    }

    /// Without room, nil or not.
    const fn empty(nil: bool) -> Self {
        Slice {
            header: Header {
                array: None,
                ptr: if nil {
                    std::ptr::null_mut()
                } else {
                    header::no_place()
                },
                len: 0,
                cap: 0,
            },
        }
    }

    /// The whole of a new array.
    ///
    /// # Safety
    /// `cap` is within the capacity of `vec`, and not less than its length.
    #[inline]
    unsafe fn whole(vec: Vec<T>, cap: usize, zero: Option<fn() -> T>) -> Self {
        if cap == 0 {
            return Slice::empty(false);
        }
        let len = vec.len();
        let array = Array::new(vec, zero);
        Slice {
            header: Header {
                ptr: array.data(),
                array: Some(Rc::new(array)),
                len,
                cap,
            },
        }
    }

    /// Go's `make([]T, len, cap)`: `len` zeros, which are `T`'s [`Default`], and room for `cap`
    /// elements in all. Exactly so many: `make` does not round up. [`gompa::make!`] is the same, and
    /// takes the length for the capacity if it is not given.
    ///
    /// The room is not touched before it is used.
    ///
    /// [`gompa::make!`]: https://docs.rs/gompa/latest/gompa/macro.make.html
    ///
    /// # Panics
    /// `runtime error: makeslice: len out of range`, or `cap out of range`, if they are too large to
    /// be ([`MAX_BYTES`]), the memory is not to be had, or `cap < len`.
    #[track_caller]
    pub fn make(len: usize, cap: usize) -> Self
    where
        T: Default,
    {
        if !possible::<T>(cap) || len > cap {
            if !possible::<T>(len) {
                bounds::make_len()
            }
            bounds::make_cap()
        }
        let mut vec = Vec::new();
        if vec.try_reserve_exact(cap).is_err() {
            bounds::make_cap()
        }
        if of_nothing::<T>() && len > 0 {
            vec.push(T::default());
            // SAFETY: of a `Copy` type without size one has as many as one likes, once one has one.
            unsafe { vec.set_len(len) }
        } else {
            vec.resize_with(len, T::default);
        }
        // SAFETY: just reserved, and `len <= cap`.
        unsafe { Slice::whole(vec, cap, Some(T::default)) }
    }

    /// The number of elements.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.header.len
    }

    /// Whether there are no elements; true of nil.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.header.len == 0
    }

    /// The number of elements there is room for, from this slice's first one on.
    #[inline(always)]
    pub fn cap(&self) -> usize {
        self.header.cap
    }

    /// Whether this is nil. An empty slice need not be.
    #[inline(always)]
    pub fn is_nil(&self) -> bool {
        self.header.is_nil()
    }

    /// The address of the first element; for printing and comparing, since elements may be read
    /// through it only as [`borrow`](Slice::borrow) says. Null if the slice is nil, and some other
    /// address where no element is if it has no room, or the elements no size.
    #[inline(always)]
    pub fn as_ptr(&self) -> *const T {
        self.header.ptr
    }

    /// Whether the two are views of one array, whichever parts they are of. Slices without room
    /// are of none.
    pub fn same_array(&self, other: &Slice<T>) -> bool {
        match (&self.header.array, &other.header.array) {
            (Some(one), Some(another)) => Rc::ptr_eq(one, another),
            _ => false,
        }
    }
}

impl<T: Default> Slice<T> {
    /// Go's `s[a:b]`: a view of the same array, from element `a` to before element `b`, with what
    /// room there is from `a` on. A range without an end ends at the length. Beyond the length, up
    /// to the capacity, the elements are what the array holds; what was never set becomes zero.
    ///
    /// # Panics
    /// With Go's text if not `a <= b <= cap`.
    ///
    /// ```
    /// use gompa_slice::Slice;
    /// let s = Slice::<u8>::make(2, 4);
    /// let all = s.slice(..4); // beyond the length: zeros, and what others append
    /// assert_eq!(s.append(7).cap(), 4);
    /// assert_eq!(all, [0, 0, 7, 0]);
    /// assert_eq!((s.slice(1..).len(), s.slice(1..).cap()), (1, 3));
    /// ```
    #[inline]
    #[track_caller]
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Slice<T> {
        self.header.sliced(&range, Some(T::default))
    }

    /// Go's `s[a:b:max]`: as [`slice`](Slice::slice), with room only up to before element `max`.
    /// With `max == b` whoever appends to it gets an array of its own.
    ///
    /// # Panics
    /// With Go's text if not `a <= b <= max <= cap`.
    #[inline]
    #[track_caller]
    pub fn slice3(&self, a: usize, b: usize, max: usize) -> Slice<T> {
        self.header.sliced3(a, b, max, Some(T::default))
    }
}

/// Whether there may be so many elements.
const fn possible<T>(count: usize) -> bool {
    match count.checked_mul(size_of::<T>()) {
        Some(bytes) => bytes <= MAX_BYTES && count <= isize::MAX as usize,
        None => false,
    }
}

impl<T> Deref for Slice<T> {
    type Target = Header<T>;

    #[inline(always)]
    fn deref(&self) -> &Header<T> {
        &self.header
    }
}

impl<T> Clone for Slice<T> {
    /// Another view of the same elements; for a copy of them see [`Slice::to_vec`].
    #[inline]
    fn clone(&self) -> Self {
        Slice {
            header: Header {
                array: self.header.array.clone(),
                ..self.header
            },
        }
    }
}

impl<T> Default for Slice<T> {
    /// Nil.
    fn default() -> Self {
        Slice::nil()
    }
}

// What a panic leaves behind is whole, as with channels.
impl<T> UnwindSafe for Slice<T> {}
impl<T> RefUnwindSafe for Slice<T> {}
