//! The backing array that views share.
//!
//! ```text
//!   Slice a: ptr len=2 cap=6           Slice b = a.slice(1..4): ptr len=3 cap=5
//!             |                                 |
//!             |        +------------------------+
//!             v        v
//!   Vec:  [ elem 0 | elem 1 | elem 2 | elem 3 | ...... | ...... ]
//!           \_________ initialised _________/ ^ \_ not yet ___/
//!                                            end
//! ```
//!
//! What is initialised is a prefix, whichever views there are: a view's elements all are (its length
//! ends within the prefix), `append` writes at a view's end, which is within the prefix or just
//! after it, and slicing beyond a view's length first fills up with zeros. So the array is a `Vec`
//! whose length is the prefix, and whose elements die with it, once. Only that the length is kept
//! as a place, `end`, which is what a view has to compare its own end with when it appends; the
//! `Vec` is told when it is used as one.
//!
//! # Who may do what
//! An array, and thus all its views, stays on one thread ([`Rc`](std::rc::Rc)). There is no
//! reference to an element, except
//! - for whoever holds a [`Reading`], for as long as it does: `Clone`, comparisons, `Debug` and
//!   [`Ref`](crate::Ref) work on references;
//! - in between, without foreign code: swapping, rotating, copying;
//! - for whoever holds [`Writing`], which is sorting elements that are not `Copy`;
//! - for whoever has `&mut` of the only view.
//!
//! | | elements `Copy` | others |
//! |---|---|---|
//! | read | always | not while there is `Writing` |
//! | write an element | while there is neither `Reading` nor `Writing` | likewise |
//! | append just after the prefix | always, within the capacity | likewise |
//! | move the array (grow in place) | only by the only view, with `&mut` | likewise |
//!
//! Whatever is not allowed panics. What is overwritten is dropped after everything else is done, so
//! a destructor finds the array whole, and may use it.

use crate::is_copy::is_copy;
use crate::place::{ahead, between, slot};
use std::cell::{Cell, UnsafeCell};
use std::mem;
use std::ptr::NonNull;

/// An array.
pub(crate) struct Array<T> {
    /// The elements; its length is of no account, and no more than `end` says. Borrowed only within
    /// methods of this type that call no foreign code, or by the only view; elements are reached
    /// through its pointer.
    vec: UnsafeCell<Vec<T>>,
    /// The place behind the last initialised element.
    end: Cell<*mut T>,
    /// The number of `Reading`s, or [`WRITING`].
    borrows: Cell<usize>,
    /// What fills elements that were never set; known if the array was made by `make`.
    zero: Cell<Option<fn() -> T>>,
}

/// In `borrows`: somebody sorts.
const WRITING: usize = usize::MAX;

impl<T> Array<T> {
    pub(crate) fn new(vec: Vec<T>, zero: Option<fn() -> T>) -> Self {
        let mut array = Array {
            vec: UnsafeCell::new(vec),
            end: Cell::new(std::ptr::null_mut()),
            borrows: Cell::new(0),
            zero: Cell::new(zero),
        };
        array.settle();
        array
    }

    /// The elements, once there is no view any more.
    pub(crate) fn into_vec(mut self) -> Vec<T> {
        let vec = mem::take(self.only());
        self.settle();
        vec
    }

    /// The elements, for the only view. If they move, or become more or fewer,
    /// [`settle`](Array::settle) must follow before foreign code runs or anybody unwinds.
    pub(crate) fn only(&mut self) -> &mut Vec<T> {
        // A `Ref` that was forgotten has left its mark; it cannot be there any more.
        self.borrows.set(0);
        let init = self.init();
        let vec = self.vec.get_mut();
        // SAFETY: the first `init` elements are initialised, which is within the capacity.
        unsafe { vec.set_len(init) }
        vec
    }

    /// Takes the `Vec` as it is now.
    pub(crate) fn settle(&mut self) {
        let len = self.vec.get_mut().len();
        self.end.set(ahead(self.data(), len));
    }

    pub(crate) fn zero(&self) -> Option<fn() -> T> {
        self.zero.get()
    }

    /// The place of the first element.
    #[inline(always)]
    pub(crate) fn data(&self) -> *mut T {
        if size_of::<T>() == 0 {
            // A `Vec` of nothing may have any address, but places are counted from a low one.
            return NonNull::dangling().as_ptr();
        }
        // SAFETY: nobody else has a reference to the `Vec` now, for no method keeps one and none
        // calls foreign code while it has; and there is one thread. `as_mut_ptr` makes no reference
        // to elements.
        unsafe { (*self.vec.get()).as_mut_ptr() }
    }

    /// The number of initialised elements.
    #[inline(always)]
    pub(crate) fn init(&self) -> usize {
        between(self.data(), self.end.get())
    }

    /// The place behind the last initialised element.
    #[inline(always)]
    pub(crate) fn end(&self) -> *mut T {
        self.end.get()
    }

    /// Says that the elements before the place `end` are initialised.
    ///
    /// # Safety
    /// 1. They are.
    /// 2. `end` is not before the old one, and within the capacity.
    #[inline(always)]
    pub(crate) unsafe fn set_end(&self, end: *mut T) {
        self.end.set(end);
    }

    /// Initialises elements until there are `to`, which is within the capacity.
    ///
    /// # Panics
    /// If it takes zeros and nobody has said what they are. If making one panics, those made before
    /// stay.
    #[cold]
    #[inline(never)]
    #[track_caller]
    pub(crate) fn fill(&self, to: usize, zero: Option<fn() -> T>) {
        if self.init() >= to {
            return;
        }
        let Some(zero) = zero.or(self.zero()) else {
            panic!(
                "gompa-slice: slicing up to elements that were never set, where their type's Default is not known"
            )
        };
        while self.init() < to {
            let value = zero();
            // Making it may have appended to this very array.
            let init = self.init();
            if init >= to {
                return;
            }
            // SAFETY: `init < to`, which is within the capacity: the slot is ours to write. Then one
            // more is initialised; or, of a `Copy` type without size, as many as one likes.
            unsafe {
                slot(self.end()).write(value);
                let init = if of_nothing::<T>() { to } else { init + 1 };
                self.set_end(ahead(self.data(), init));
            }
        }
    }

    /// Begins to read through references.
    ///
    /// # Panics
    /// While the elements are being sorted.
    #[inline]
    #[track_caller]
    pub(crate) fn read(&self) -> Reading<'_> {
        let count = self.borrows.get();
        if count >= WRITING - 1 {
            panic!("gompa-slice: read while the array is being sorted")
        }
        self.borrows.set(count + 1);
        Reading(&self.borrows)
    }

    /// Begins to rearrange by foreign code's wishes.
    ///
    /// # Panics
    /// While there are references to elements.
    #[track_caller]
    pub(crate) fn write(&self) -> Writing<'_> {
        self.check_write();
        self.borrows.set(WRITING);
        Writing(&self.borrows)
    }

    /// Whether reading through references is allowed now.
    pub(crate) fn readable(&self) -> bool {
        self.borrows.get() != WRITING
    }

    /// That there are no references to elements now.
    ///
    /// # Panics
    /// While there are.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn check_write(&self) {
        if self.borrows.get() != 0 {
            borrowed()
        }
    }
}

impl<T> Drop for Array<T> {
    #[inline]
    fn drop(&mut self) {
        // The `Vec` drops the elements, so it must know their number.
        self.only();
    }
}

/// Whether values of the type are all alike, and come and go without notice.
pub(crate) fn of_nothing<T>() -> bool {
    size_of::<T>() == 0 && is_copy::<T>()
}

#[cold]
#[inline(never)]
#[track_caller]
fn borrowed() -> ! {
    panic!(
        "gompa-slice: write while the array is borrowed (by a Ref, or by code that clones, compares or sorts its elements)"
    )
}

/// While this is there, elements may be read through references, and none is written.
pub(crate) struct Reading<'a>(&'a Cell<usize>);

impl Drop for Reading<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// While this is there, its owner alone reads and writes initialised elements.
pub(crate) struct Writing<'a>(&'a Cell<usize>);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.set(0);
    }
}
