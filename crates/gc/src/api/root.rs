//! Roots: what keeps objects outside of any scope.
//!
//! A root is an entry of a table, and the table is like an object that is always alive: its entries
//! are fields, set with the barrier.

use super::gc::Gc;
use super::table::{Entry, Table};
use crate::mutator::current::with_operation;
use crate::trace::Trace;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

static ROOTS: Table = Table::new();

/// Calls `f` with each object that a root points to.
pub(crate) fn each(mut f: impl FnMut(usize)) {
    ROOTS.each(|entry| {
        let object = entry.word.load(Acquire);
        if object != 0 {
            f(object);
        }
    });
}

/// Keeps an object as long as it lives; may be a global, may go to other threads. `T` is written with
/// `'static` handles: `Root<Node<'static>>`.
///
/// ```
/// use gompa_gc::{Field, Root, Trace, scope};
/// #[derive(Trace)]
/// struct Node<'gc> { value: u64, next: Field<'gc, Node<'gc>> }
///
/// let root: Root<Node<'static>> = scope(|s| {
///     let last = s.alloc(Node { value: 2, next: Field::nil() });
///     Root::new(s.alloc(Node { value: 1, next: Field::new(last) }))
/// });
/// gompa_gc::collect();
/// assert_eq!(root.get().value, 1);
/// scope(|s| assert_eq!(root.get().next.get(s).unwrap().value, 2));
/// ```
pub struct Root<T> {
    entry: &'static Entry,
    _to: PhantomData<fn() -> T>,
}

impl<T: Trace> Root<T> {
    /// Keeps what `g` points to.
    pub fn new<'g>(g: Gc<'g, T::At<'g>>) -> Self
    where
        T::At<'g>: 'g,
    {
        Root::to(g.address())
    }

    fn to(object: usize) -> Self {
        let entry = ROOTS.take();
        put(entry, object);
        Root {
            entry,
            _to: PhantomData,
        }
    }

    /// What it keeps. The handle needs no scope: the root holds it.
    #[inline]
    pub fn get(&self) -> Gc<'_, T::At<'_>> {
        // SAFETY: a `T`; the entry holds it as long as the root is borrowed: `set` and `drop` need it
        // mutably.
        unsafe { Gc::from_address(self.entry.word.load(Relaxed)) }
    }

    /// Keeps what `g` points to instead.
    pub fn set<'g>(&mut self, g: Gc<'g, T::At<'g>>)
    where
        T::At<'g>: 'g,
    {
        put(self.entry, g.address());
    }
}

fn put(entry: &Entry, object: usize) {
    with_operation(|op| {
        op.shade(entry.word.load(Relaxed));
        op.shade(object);
        entry.word.store(object, Release);
    });
}

impl<T: Trace> Clone for Root<T> {
    fn clone(&self) -> Self {
        Root::to(self.entry.word.load(Relaxed))
    }
}

impl<T> Drop for Root<T> {
    fn drop(&mut self) {
        put(self.entry, 0);
        ROOTS.give(self.entry);
    }
}

impl<T> std::fmt::Debug for Root<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Root<{}>", std::any::type_name::<T>())
    }
}

// SAFETY: it owns an entry whose object is shared between threads anyway.
unsafe impl<T: Send + Sync> Send for Root<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Root<T> {}
