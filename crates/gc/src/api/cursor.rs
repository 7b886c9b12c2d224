//! Cursors.

use super::gc::Gc;
use super::scope::Scope;
use crate::trace::Trace;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// One slot of a scope that can be moved along: a walk of any length takes no more.
///
/// ```
/// use gompa_gc::{Field, Trace, scope};
/// #[derive(Trace)]
/// struct Node<'gc> { value: u64, next: Field<'gc, Node<'gc>> }
///
/// scope(|s| {
///     let mut first = s.alloc(Node { value: 0, next: Field::nil() });
///     for value in 1..100 {
///         first = s.alloc(Node { value, next: Field::new(first) });
///     }
///     let mut at = s.cursor(first);
///     let mut sum = 0;
///     loop {
///         sum += at.get().value;
///         let more = s.nested(|n| {
///             let next = at.get().next.get(n);
///             next.map(|next| at.set(next)).is_some()
///         });
///         if !more { break }
///     }
///     assert_eq!(sum, 4950);
/// });
/// ```
pub struct Cursor<'s, T> {
    scope: &'s Scope,
    slot: NonNull<usize>,
    _to: PhantomData<Gc<'s, T>>,
}

impl<'s, T: Trace> Cursor<'s, T> {
    /// # Safety
    /// 1. `slot` is a slot of `scope` that holds a `T`; nobody else changes it.
    pub(super) unsafe fn new(scope: &'s Scope, slot: NonNull<usize>) -> Self {
        Cursor {
            scope,
            slot,
            _to: PhantomData,
        }
    }

    /// Where it is, until it is moved.
    #[inline]
    pub fn get(&self) -> Gc<'_, T::At<'_>> {
        // SAFETY: our slot, written by us alone.
        let object = unsafe { self.slot.read() };
        // SAFETY: a `T`; the slot holds it until `set`, which needs the cursor mutably.
        unsafe { Gc::from_address(object) }
    }

    /// Moves it to `g`, a handle of any scope.
    #[inline]
    pub fn set(&mut self, g: Gc<'_, T::At<'_>>) {
        let _op = self.scope.mutator().enter();
        // SAFETY: our slot; in an operation, so nobody scans it.
        unsafe { self.slot.write(g.address()) };
    }
}

impl<T> std::fmt::Debug for Cursor<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursor")
    }
}
