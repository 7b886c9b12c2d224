//! Handles.

use crate::trace::{Trace, Visitor};
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

/// A handle: points to an object in the collected heap, which stays as long as `'s` lasts, because
/// a slot of a scope, a root, or an immutable path from one of them holds it.
///
/// As a part of an object it is an *edge*: it never changes and is read for free. What must change
/// is a [`Field`](crate::Field).
#[repr(transparent)]
pub struct Gc<'s, T> {
    object: NonNull<T>,
    _held: PhantomData<&'s T>,
}

// SAFETY: it is a shared reference by another name.
unsafe impl<T: Send + Sync> Send for Gc<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Gc<'_, T> {}

impl<T> Clone for Gc<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Gc<'_, T> {}

impl<'s, T> Gc<'s, T> {
    /// # Safety
    /// 1. `object` is the address of an object that is a `T` and stays as long as `'s` lasts.
    #[inline(always)]
    pub(crate) unsafe fn from_address(object: usize) -> Self {
        Gc {
            // SAFETY: (1), and no object is at 0.
            object: unsafe {
                NonNull::new_unchecked(std::ptr::with_exposed_provenance_mut(object))
            },
            _held: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn address(self) -> usize {
        self.object.addr().get()
    }

    /// The object, for as long as the handle is valid (dereferencing it lasts only as long as the
    /// handle's own borrow).
    #[inline]
    #[allow(clippy::should_implement_trait)] // the trait's would give the handle's lifetime away
    pub fn as_ref(self) -> &'s T {
        // SAFETY: an object that stays for `'s`, only ever shared.
        unsafe { self.object.as_ref() }
    }

    /// The same handle, of the same type under another name: for containers outside of this crate,
    /// to which `T::At<'a>::At<'b>` and `T::At<'b>` are two types.
    ///
    /// # Safety
    /// 1. `U` is `T` with the lifetime of its handles replaced by one that `'s` outlives.
    #[inline]
    pub unsafe fn rebrand<U>(self) -> Gc<'s, U> {
        // SAFETY: (1); the object stays for `'s`.
        unsafe { Gc::from_address(self.address()) }
    }

    /// Whether both point to the same object.
    #[inline]
    pub fn ptr_eq(self, other: Gc<'_, T>) -> bool {
        self.address() == other.address()
    }
}

impl<T> Deref for Gc<'_, T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        self.as_ref()
    }
}

/// By what they point to, as for `Box`; [`Gc::ptr_eq`] and [`ById`](crate::ById) go by identity.
impl<T: PartialEq> PartialEq for Gc<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Gc<'_, T> {}

impl<T: Hash> Hash for Gc<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl<T> Borrow<T> for Gc<'_, T> {
    fn borrow(&self) -> &T {
        self
    }
}

impl<T: fmt::Debug> fmt::Debug for Gc<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for Gc<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

// SAFETY: 1. one pointer, at any lifetime; what it points to is re-branded likewise. 2., 3. reported.
// 4. no `Drop`. 5. yes.
unsafe impl<T: Trace> Trace for Gc<'_, T> {
    type At<'a> = Gc<'a, T::At<'a>>;
    const TRACED: bool = true;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        v.edge(self.address());
    }
}
