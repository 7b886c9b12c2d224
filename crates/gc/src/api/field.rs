//! Fields: pointers in objects that can change.
//!
//! ```text
//!   word:  address of an object, a multiple of 16, or 0 for nil
//!          bit 0   unbound: not (yet) in an object, so the collector does not know of it
//! ```

use super::gc::Gc;
use super::pin::Pin;
use super::scope::Scope;
use crate::mutator::Mutator;
use crate::mutator::operation::Op;
use crate::trace::{Trace, Visitor};
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

const UNBOUND: usize = 1;

/// A pointer in an object that can be set, by anybody who can reach the object, at any time; may be
/// nil.
///
/// It works once it is part of an object: a field in a local variable, a `Mutex` or anything else the
/// collector does not look into only carries its first value there.
pub struct Field<'gc, T> {
    word: AtomicUsize,
    _to: PhantomData<Gc<'gc, T>>,
}

pub(crate) mod sealed {
    use crate::mutator::Mutator;
    use std::sync::atomic::AtomicUsize;

    /// What a place can do, for fields.
    pub trait Sealed {
        /// Whose it is.
        fn mutator(&self) -> &Mutator;
        /// Loads a bound word so that what it points to is held.
        fn load(&self, word: &AtomicUsize) -> usize;
        /// Holds an object, in an operation in which it is reachable.
        fn hold(&self, object: usize);
    }
}
use sealed::Sealed;

/// Where a loaded handle is held: in a slot of a [`Scope`](crate::Scope), or, in a pinned region, in
/// none ([`Pin`](crate::Pin)).
pub trait Place: Sealed {}

impl Place for Scope {}
impl Place for Pin {}

impl Sealed for Scope {
    #[inline(always)]
    fn mutator(&self) -> &Mutator {
        Scope::mutator(self)
    }

    #[inline(always)]
    fn load(&self, word: &AtomicUsize) -> usize {
        let _op = Scope::mutator(self).enter();
        let object = bound(word.load(Acquire));
        if object != 0 {
            self.slots().push(object);
        }
        object
    }

    #[inline(always)]
    fn hold(&self, object: usize) {
        if object != 0 {
            self.slots().push(object);
        }
    }
}

impl Sealed for Pin {
    #[inline(always)]
    fn mutator(&self) -> &Mutator {
        Pin::mutator(self)
    }

    #[inline(always)]
    fn load(&self, word: &AtomicUsize) -> usize {
        bound(word.load(Acquire))
    }

    #[inline(always)]
    fn hold(&self, _: usize) {}
}

/// What an unbound field carries.
#[inline(always)]
pub(crate) fn unbound(word: &AtomicUsize) -> usize {
    word.load(Relaxed) & !UNBOUND
}

#[inline(always)]
#[track_caller]
fn bound(word: usize) -> usize {
    if word & UNBOUND != 0 {
        not_bound();
    }
    word
}

#[cold]
#[inline(never)]
#[track_caller]
fn not_bound() -> ! {
    panic!(
        "this Field is not part of an object in the collected heap, where the collector would find \
         it: allocate the value that holds it, and do not hide it from `Trace`"
    );
}

impl<'gc, T> Field<'gc, T> {
    /// Points to nothing.
    #[inline]
    pub const fn nil() -> Self {
        Field {
            word: AtomicUsize::new(UNBOUND),
            _to: PhantomData,
        }
    }

    /// Will point to `v` (a handle, or `None`).
    #[inline]
    pub fn new(v: impl Into<Option<Gc<'gc, T>>>) -> Self {
        let object = v.into().map_or(0, Gc::address);
        Field {
            word: AtomicUsize::new(object | UNBOUND),
            _to: PhantomData,
        }
    }

    /// Lets it point to the object at that address, a reachable `T`, or to nothing.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn set_address(&self, at: &impl Place, new: usize) {
        let op = at.mutator().enter();
        let old = bound(self.word.load(Relaxed));
        op.shade(old);
        op.shade(new);
        #[cfg(test)]
        crate::cycle::gate::before_store();
        self.word.store(new, Release);
    }

    /// As [`set_address`](Self::set_address); the address of what it pointed to before, held by `at`.
    #[track_caller]
    pub(crate) fn swap_address(&self, at: &impl Place, new: usize) -> usize {
        let op = at.mutator().enter();
        loop {
            let old = bound(self.word.load(Acquire));
            if exchange(&op, &self.word, old, new) {
                at.hold(old);
                return old;
            }
        }
    }

    /// The address of what it points to, held by `at`.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn load(&self, at: &impl Place) -> usize {
        at.load(&self.word)
    }

    /// The address of what it points to, held by nobody but the field.
    pub(crate) fn address(&self) -> usize {
        bound(self.word.load(Acquire))
    }

    /// Whether it points to nothing.
    #[inline]
    pub fn is_nil(&self) -> bool {
        unbound(&self.word) == 0
    }
}

impl<T: Trace> Field<'_, T> {
    /// What it points to, held by `at`.
    ///
    /// # Panics
    /// If the field is not part of an object.
    #[inline(always)]
    #[track_caller]
    pub fn get<'a>(&self, at: &'a impl Place) -> Option<Gc<'a, T::At<'a>>> {
        let object = self.load(at);
        // SAFETY: held by `at`, for as long as it is borrowed: by a slot of the scope, or by the pin,
        // in which nothing that could be reached is freed.
        (object != 0).then(|| unsafe { Gc::from_address(object) })
    }

    /// Lets it point to `v` (a handle of any scope, or `None`).
    ///
    /// # Panics
    /// If the field is not part of an object.
    #[inline(always)]
    #[track_caller]
    pub fn set<'v>(&self, at: &impl Place, v: impl Into<Option<Gc<'v, T::At<'v>>>>)
    where
        T::At<'v>: 'v,
    {
        self.set_address(at, v.into().map_or(0, Gc::address));
    }

    /// Lets it point to nothing.
    ///
    /// # Panics
    /// If the field is not part of an object.
    #[inline]
    #[track_caller]
    pub fn clear(&self, at: &impl Place) {
        self.set(at, None::<Gc<'_, T::At<'_>>>);
    }

    /// Lets it point to `v`; what it pointed to before, held by `at`.
    ///
    /// # Panics
    /// If the field is not part of an object.
    #[track_caller]
    pub fn swap<'a, 'v>(
        &self,
        at: &'a impl Place,
        v: impl Into<Option<Gc<'v, T::At<'v>>>>,
    ) -> Option<Gc<'a, T::At<'a>>>
    where
        T::At<'v>: 'v,
    {
        let old = self.swap_address(at, v.into().map_or(0, Gc::address));
        // SAFETY: as in `get`.
        (old != 0).then(|| unsafe { Gc::from_address(old) })
    }

    /// Lets it point to nothing; what it pointed to before, held by `at`.
    ///
    /// # Panics
    /// If the field is not part of an object.
    #[inline]
    #[track_caller]
    pub fn take<'a>(&self, at: &'a impl Place) -> Option<Gc<'a, T::At<'a>>> {
        self.swap(at, None::<Gc<'_, T::At<'_>>>)
    }

    /// Lets it point to `new`, if it points to `current`.
    ///
    /// # Errors
    /// What it points to instead, held by `at`.
    ///
    /// # Panics
    /// If the field is not part of an object.
    #[track_caller]
    #[allow(clippy::type_complexity)]
    pub fn compare_exchange<'a, 'c, 'v>(
        &self,
        at: &'a impl Place,
        current: impl Into<Option<Gc<'c, T::At<'c>>>>,
        new: impl Into<Option<Gc<'v, T::At<'v>>>>,
    ) -> Result<(), Option<Gc<'a, T::At<'a>>>>
    where
        T::At<'c>: 'c,
        T::At<'v>: 'v,
    {
        let current = current.into().map_or(0, Gc::address);
        let new = new.into().map_or(0, Gc::address);
        let op = at.mutator().enter();
        loop {
            let old = bound(self.word.load(Acquire));
            if old != current {
                at.hold(old);
                // SAFETY: as in `get`.
                return Err((old != 0).then(|| unsafe { Gc::from_address(old) }));
            }
            if exchange(&op, &self.word, old, new) {
                return Ok(());
            }
        }
    }
}

/// Replaces `old`, and shades both before.
fn exchange(op: &Op<'_>, word: &AtomicUsize, old: usize, new: usize) -> bool {
    op.shade(old);
    op.shade(new);
    word.compare_exchange(old, new, AcqRel, Relaxed).is_ok()
}

impl<T> Default for Field<'_, T> {
    fn default() -> Self {
        Field::nil()
    }
}

impl<T> fmt::Debug for Field<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_nil() {
            "Field(nil)"
        } else {
            "Field(..)"
        })
    }
}

// SAFETY: 1. one word, whatever the lifetime. 2., 3. reported as a field. 4. no `Drop`. 5. yes.
unsafe impl<T: Trace> Trace for Field<'_, T> {
    type At<'a> = Field<'a, T::At<'a>>;
    const TRACED: bool = true;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        v.field(&self.word);
    }
}
