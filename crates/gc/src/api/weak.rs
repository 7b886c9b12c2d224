//! Weak pointers.
//!
//! A weak pointer shares an entry of a table with its clones; the collector clears the entry when it
//! finds the object unreachable. An upgrade while marking shades the object. An upgrade while the
//! verdict is being found (phase `Term`) gives what is marked, and waits otherwise.

use super::gc::Gc;
use super::scope::Scope;
use super::table::{Entry, Table};
use crate::cycle::mark::is_marked;
use crate::mutator::current::with_operation;
use crate::trace::Trace;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

static WEAK: Table = Table::new();

/// The collector, in phase `Term`: what is not marked is dead.
pub(crate) fn clear(cycle: u64) {
    WEAK.each(|entry| {
        let object = entry.word.load(Acquire);
        if object != 0 && !is_marked(cycle, object) {
            // Not if the entry has been used again meanwhile, for a living object.
            let _ = entry.word.compare_exchange(object, 0, AcqRel, Relaxed);
        }
    });
}

/// Points to an object without keeping it. `T` is written with `'static` handles, as for
/// [`Root`](crate::Root).
///
/// ```
/// use gompa_gc::{Weak, scope};
/// let weak: Weak<String> = scope(|s| {
///     let text = s.alloc(String::from("short-lived"));
///     let weak = Weak::new(text);
///     assert_eq!(*weak.upgrade(s).unwrap(), "short-lived");
///     weak
/// });
/// gompa_gc::collect();
/// scope(|s| assert!(weak.upgrade(s).is_none()));
/// ```
pub struct Weak<T> {
    entry: &'static Entry,
    _to: PhantomData<fn() -> T>,
}

impl<T: Trace> Weak<T> {
    /// Points to what `g` points to.
    pub fn new<'g>(g: Gc<'g, T::At<'g>>) -> Self
    where
        T::At<'g>: 'g,
    {
        let entry = WEAK.take();
        // In an operation, so that the entry is there, or the handle still is, when a verdict is
        // found.
        with_operation(|_| entry.word.store(g.address(), Release));
        Weak {
            entry,
            _to: PhantomData,
        }
    }

    /// The object, if it is still there. While the collector finds out, this waits.
    ///
    /// # Panics
    /// Inside a pin, if it would have to wait: the collector may be waiting for the pin's end.
    pub fn upgrade<'s>(&self, s: &'s Scope) -> Option<Gc<'s, T::At<'s>>> {
        let object = s.adopt(|| self.entry.word.load(Acquire));
        // SAFETY: a `T`, not found unreachable, and a slot holds it.
        (object != 0).then(|| unsafe { Gc::from_address(object) })
    }
}

impl<T> Clone for Weak<T> {
    fn clone(&self) -> Self {
        let before = self.entry.owners.fetch_add(1, Relaxed);
        assert!(before < u32::MAX / 2, "too many clones of a weak pointer");
        Weak {
            entry: self.entry,
            _to: PhantomData,
        }
    }
}

impl<T> Drop for Weak<T> {
    fn drop(&mut self) {
        if self.entry.owners.fetch_sub(1, AcqRel) == 1 {
            self.entry.word.store(0, Release);
            self.entry.owners.store(1, Relaxed);
            WEAK.give(self.entry);
        }
    }
}

impl<T> std::fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Weak<{}>", std::any::type_name::<T>())
    }
}

// SAFETY: as for `Root`.
unsafe impl<T: Send + Sync> Send for Weak<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Weak<T> {}
