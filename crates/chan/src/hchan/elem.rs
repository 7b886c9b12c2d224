//! How the values of a channel are moved: as bytes, by address.
//!
//! The channel's algorithms are written once. Called through a typed face they know the size of a
//! value at compile time ([`Typed`]), so that moving a word is one instruction; called by a select,
//! which has many types at hand, they learn it from the channel ([`Bytes`]).

use std::marker::PhantomData;
use std::mem::MaybeUninit;

/// A way to move the values of one channel.
pub(crate) trait Elem: Copy {
    /// The size of a value.
    fn size(self) -> usize;

    /// Moves a value.
    ///
    /// # Safety
    /// 1. `from` is valid for reading a value of this size and alignment, `to` for writing it, and
    ///    they do not overlap.
    /// 2. Nobody else uses either meanwhile.
    unsafe fn copy(self, from: *const u8, to: *mut u8);
}

/// Values of type `T`.
pub(crate) struct Typed<T>(PhantomData<fn() -> T>);

impl<T> Typed<T> {
    pub(crate) const NEW: Self = Typed(PhantomData);
}

impl<T> Clone for Typed<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Typed<T> {}

impl<T> Elem for Typed<T> {
    #[inline(always)]
    fn size(self) -> usize {
        size_of::<T>()
    }

    #[inline(always)]
    unsafe fn copy(self, from: *const u8, to: *mut u8) {
        let (from, to) = (from.cast::<MaybeUninit<T>>(), to.cast::<MaybeUninit<T>>());
        // SAFETY: duties 1 and 2, passed on.
        unsafe { std::ptr::copy_nonoverlapping(from, to, 1) }
    }
}

/// Values of so many bytes.
#[derive(Clone, Copy)]
pub(crate) struct Bytes(pub(crate) usize);

impl Elem for Bytes {
    #[inline(always)]
    fn size(self) -> usize {
        self.0
    }

    #[inline(always)]
    unsafe fn copy(self, from: *const u8, to: *mut u8) {
        // SAFETY: duties 1 and 2, passed on. Bytes that may be uninitialised are moved as such.
        unsafe {
            std::ptr::copy_nonoverlapping(
                from.cast::<MaybeUninit<u8>>(),
                to.cast::<MaybeUninit<u8>>(),
                self.0,
            );
        }
    }
}
