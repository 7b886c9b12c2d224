//! Weak pointers.
//!
//! A weak pointer shares an entry of a table with its clones; the collector clears the entry when it
//! finds the object unreachable. An upgrade while marking shades the object. An upgrade while the
//! verdict is being found (phase `Term`) gives what is marked, and waits otherwise.

use super::gc::Gc;
use super::scope::Scope;
use super::table::{Entry, Table};
use crate::cycle::mark::Marker;
use crate::heap::region::region;
use crate::mutator::current::with_operation;
use crate::protocol::pause;
use crate::protocol::phase::Phase;
use crate::trace::Trace;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

static WEAK: Table = Table::new();

/// The collector, in phase `Term`: what is not marked is dead.
pub(crate) fn clear(marker: &Marker) {
    WEAK.each(|entry| {
        let object = entry.word.load(Acquire);
        if object != 0 && !marker.is_marked(object) {
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

    /// The object, if it is still there.
    pub fn upgrade<'s>(&self, s: &'s Scope) -> Option<Gc<'s, T::At<'s>>> {
        let mut patience = 0;
        loop {
            let op = s.mutator().enter();
            let object = self.entry.word.load(Acquire);
            if object == 0 {
                return None;
            }
            let undecided = op.ctl.phase() == Phase::Term && {
                let region = region();
                !region.marks(op.ctl.cycle()).get(region.granule(object))
            };
            if !undecided {
                op.shade(object);
                s.slots().push(object);
                drop(op);
                // SAFETY: a `T`, not found unreachable, and the slot holds it.
                return Some(unsafe { Gc::from_address(object) });
            }
            assert!(
                !s.mutator().is_pinned(),
                "Weak::upgrade inside a pin would wait for the collector, which waits for the pin"
            );
            drop(op);
            pause(&mut patience);
        }
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
