//! Objects told apart by their identity.

use super::gc::Gc;
use crate::trace::{Trace, Visitor};
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ptr::NonNull;

/// Which object it is: its address, for nothing is moved. It does not keep the object; the next one
/// at the same place has the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Id(NonNull<()>);

// SAFETY: an address; nothing is done with it but comparing.
unsafe impl Send for Id {}
// SAFETY: as above.
unsafe impl Sync for Id {}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({:p})", self.0)
    }
}

/// A handle that is equal to others of the same object only: a key by identity. (A handle itself is
/// compared by what it points to.)
///
/// ```
/// use gompa_gc::{ById, Map, Trace, scope};
/// #[derive(Trace)]
/// struct Seen<'gc>(Map<'gc, ById<'gc, String>, u64>);
///
/// scope(|s| {
///     let seen = s.alloc(Seen(Map::new()));
///     let (a, b) = (s.alloc(String::from("x")), s.alloc(String::from("x")));
///     assert!(a == b && !a.ptr_eq(b));
///     seen.0.insert(s, ById(a), s.alloc(1u64));
///     assert!(seen.0.contains_key(s, &a.id()));
///     assert!(!seen.0.contains_key(s, &b.id()));
/// });
/// ```
pub struct ById<'gc, T>(pub Gc<'gc, T>);

impl<'gc, T> Gc<'gc, T> {
    /// Which object it points to.
    pub fn id(self) -> Id {
        Id(NonNull::from(self.as_ref()).cast())
    }
}

impl<T> ById<'_, T> {
    /// Which object it points to.
    pub fn id(&self) -> Id {
        self.0.id()
    }
}

impl<T> Clone for ById<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ById<'_, T> {}

impl<T> PartialEq for ById<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl<T> Eq for ById<'_, T> {}

impl<T> Hash for ById<'_, T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl<T> Borrow<Id> for ById<'_, T> {
    fn borrow(&self) -> &Id {
        // SAFETY: a handle is a pointer that is not null, and so is an `Id`; both transparent to it
        // (`Gc` says so).
        unsafe { &*std::ptr::from_ref(&self.0).cast() }
    }
}

impl<T> fmt::Debug for ById<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

// SAFETY: as the handle in it.
unsafe impl<T: Trace> Trace for ById<'_, T> {
    type At<'a> = ById<'a, T::At<'a>>;
    const TRACED: bool = true;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        self.0.visit(v);
    }
}
