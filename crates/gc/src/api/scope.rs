//! Scopes: where handles live.

use super::array::Array;
use super::cursor::Cursor;
use super::gc::Gc;
use super::pin::Pin;
use super::slots::Slots;
use crate::cycle::cleanup::{self, Finalizer};
use crate::heap::class::Kind;
use crate::heap::desc::Of;
use crate::heap::region::region;
use crate::mutator::alloc::Site;
use crate::mutator::operation::Op;
use crate::mutator::{Mutator, current};
use crate::protocol::pause;
use crate::protocol::phase::Phase;
use crate::trace::{Trace, Visitor};
use std::marker::PhantomData;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;

/// A scope: handles made in it are valid until it ends.
///
/// It holds every handle in a slot, where the collector finds it. Scopes may be used in any order
/// while they are open; a goroutine or thread uses its own only.
pub struct Scope {
    slots: Slots,
    m: &'static Mutator,
    /// Of one goroutine or thread.
    _own: PhantomData<*mut ()>,
}

/// Opens a scope, calls `f` with it, closes it.
///
/// ```
/// use gompa_gc::scope;
/// let length = scope(|s| {
///     let text = s.alloc(String::from("in the heap"));
///     text.len()
/// });
/// assert_eq!(length, 11);
/// ```
pub fn scope<R>(f: impl for<'s> FnOnce(&'s Scope) -> R) -> R {
    /// The mutator has one scope less, whatever happens.
    struct Close(&'static Mutator);
    impl Drop for Close {
        fn drop(&mut self) {
            current::close(self.0);
        }
    }
    let close = Close(current::open());
    within(close.0, f)
}

/// A scope that is open. Never in a user's hands, so that it closes on every path, once.
struct Open(Scope);

impl Drop for Open {
    #[inline(always)]
    fn drop(&mut self) {
        let _op = self.0.m.enter();
        self.0.m.unlink(&self.0.slots);
    }
}

#[inline(always)]
fn within<R>(m: &'static Mutator, f: impl for<'s> FnOnce(&'s Scope) -> R) -> R {
    let open = Open(Scope {
        slots: Slots::new(),
        m,
        _own: PhantomData,
    });
    open.0.slots.settle();
    {
        let _op = m.enter();
        m.link(&open.0.slots);
    }
    f(&open.0)
}

impl Scope {
    /// Moves `v` into the heap. Handles in it may be of any scope.
    #[inline(always)]
    #[track_caller]
    pub fn alloc<'s, T: Trace>(&'s self, v: T) -> Gc<'s, T::At<'s>> {
        self.alloc_for(Location::caller(), v)
    }

    /// As [`alloc`](Self::alloc), on behalf of that line.
    #[inline(always)]
    pub(crate) fn alloc_for<'s, T: Trace>(&'s self, site: Site, v: T) -> Gc<'s, T::At<'s>> {
        let (op, at) = self.m.place(v, site);
        self.slots.push(at);
        drop(op);
        // SAFETY: a `T`, hence also at `'s`; the slot holds it as long as the scope is open.
        unsafe { Gc::from_address(at) }
    }

    /// Keeps what a handle points to as long as this scope is open: the way out of a nested one.
    #[inline]
    pub fn keep<'s, T: Trace>(&'s self, g: Gc<'_, T>) -> Gc<'s, T::At<'s>> {
        self.push_address(g.address());
        // SAFETY: as above.
        unsafe { Gc::from_address(g.address()) }
    }

    /// A slot for the object at that address, which is reachable.
    #[inline]
    pub(crate) fn push_address(&self, object: usize) {
        let _op = self.m.enter();
        self.slots.push(object);
    }

    /// A slot for the object whose address `find` gives, which nobody may hold but the collector's own
    /// tables: so it is shaded. While the verdict is being found (phase `Term`) it must be marked
    /// already, or else this waits and asks again. 0 is nothing, and is given back.
    pub(crate) fn adopt(&self, find: impl Fn() -> usize) -> usize {
        let mut patience = 0;
        loop {
            let op = self.m.enter();
            let object = find();
            if object == 0 {
                return 0;
            }
            let undecided = op.ctl.phase() == Phase::Term && {
                let region = region();
                !region.marks(op.ctl.cycle()).get(region.granule(object))
            };
            if !undecided {
                op.shade(object);
                self.slots.push(object);
                return object;
            }
            assert!(
                !self.m.is_pinned(),
                "Weak::upgrade inside a pin would wait for the collector, which waits for the pin"
            );
            drop(op);
            pause(&mut patience);
        }
    }

    /// Opens a scope inside this one: what is not kept or stored elsewhere is let go at its end.
    ///
    /// ```
    /// use gompa_gc::scope;
    /// scope(|s| {
    ///     let longest = s.nested(|n| {
    ///         let words = ["a", "abc", "ab"].map(|w| n.alloc(String::from(w)));
    ///         s.keep(*words.iter().max_by_key(|w| w.len()).unwrap())
    ///     });
    ///     assert_eq!(*longest, "abc");
    /// });
    /// ```
    #[inline]
    pub fn nested<R>(&self, f: impl for<'n> FnOnce(&'n Scope) -> R) -> R {
        within(self.m, f)
    }

    /// Opens a pinned region: inside, loads and allocations need no slot, so they cost little; in
    /// exchange the collector waits for its end before it can begin or end a cycle. Keep it well
    /// under a millisecond, or let the collector pass now and then by [`Pin::repin`].
    ///
    /// A goroutine must not wait in it: that panics and says where the pin was opened.
    #[inline]
    #[track_caller]
    pub fn pin<R>(&self, f: impl FnOnce(&mut Pin) -> R) -> R {
        Pin::with(self.m, Location::caller(), f)
    }

    /// One slot that can be moved along, for walks of any length.
    pub fn cursor<'s, T: Trace>(&'s self, g: Gc<'_, T>) -> Cursor<'s, T> {
        let slot = {
            let _op = self.m.enter();
            self.slots.push(g.address())
        };
        // SAFETY: a slot of this scope, which nobody else has.
        unsafe { Cursor::new(self, slot) }
    }

    /// An array of `len` elements. `f` is called for each before anything is allocated.
    ///
    /// # Panics
    /// If it would be larger than an allocation can be.
    #[track_caller]
    pub fn array<'s, T: Trace>(
        &'s self,
        len: usize,
        f: impl FnMut(usize) -> T,
    ) -> Gc<'s, Array<T::At<'s>>> {
        self.array_for(Location::caller(), len, f)
    }

    /// As [`array`](Self::array), on behalf of that line.
    pub(crate) fn array_for<'s, T: Trace>(
        &'s self,
        site: Site,
        len: usize,
        f: impl FnMut(usize) -> T,
    ) -> Gc<'s, Array<T::At<'s>>> {
        let elements: Vec<T> = (0..len).map(f).collect();
        let (op, at) = super::array::place(self.m, elements, site);
        self.slots.push(at);
        drop(op);
        // SAFETY: an array of `T`, hence also at `'s`; the slot holds it.
        unsafe { Gc::from_address(at) }
    }

    /// Runs `f` some time after what `g` points to was found unreachable; Go's `AddCleanup`. `f` must
    /// not hold a [`Root`](crate::Root) of it, or that never happens.
    ///
    /// It runs on a thread of the collector's; a panic in it is counted, not passed on.
    pub fn on_free<T: Trace>(&self, g: Gc<'_, T>, f: impl FnOnce() + Send + 'static) -> Cleanup {
        Cleanup {
            object: g.address(),
            ticket: cleanup::add(g.address(), Box::new(f)),
        }
    }

    /// Calls `f` with the object, once, some time after it was found unreachable; Go's
    /// `SetFinalizer`. Until then it is kept, with all it points to; `f` may make it reachable again.
    /// Weak pointers to it are cleared before.
    ///
    /// # Panics
    /// `finalizer already set`, if it has one that has not run.
    pub fn finalizer<T: Trace>(&self, g: Gc<'_, T>, f: fn(&Scope, Gc<'_, T::At<'_>>)) {
        let finalizer = Finalizer {
            call: call_finalizer::<T>,
            f: f as *const (),
        };
        assert!(
            cleanup::set_finalizer(g.address(), finalizer),
            "finalizer already set"
        );
    }

    #[inline]
    pub(crate) fn mutator(&self) -> &'static Mutator {
        self.m
    }

    #[inline]
    pub(crate) fn slots(&self) -> &Slots {
        &self.slots
    }
}

/// Calls a finalizer, whose type has been forgotten.
///
/// # Safety
/// 1. `f` is a `fn(&Scope, Gc<'_, T::At<'_>>)`.
/// 2. `object` is a `T` in a slot of `s`.
unsafe fn call_finalizer<T: Trace>(f: *const (), s: &Scope, object: usize) {
    // SAFETY: (1).
    let f: fn(&Scope, Gc<'_, T::At<'_>>) = unsafe { std::mem::transmute(f) };
    // SAFETY: (2).
    f(s, unsafe { Gc::from_address(object) });
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scope")
    }
}

/// A cleanup that was registered; see [`Scope::on_free`]. Dropping it leaves it registered.
#[derive(Debug)]
pub struct Cleanup {
    object: usize,
    ticket: u64,
}

impl Cleanup {
    /// Takes it back; false if the object has died already.
    pub fn stop(self) -> bool {
        cleanup::stop(self.object, self.ticket)
    }
}

impl Mutator {
    /// Moves `v` into the heap, in the operation that is returned: before it ends, somebody must
    /// hold the object.
    #[inline(always)]
    pub(crate) fn place<T: Trace>(&self, v: T, site: Site) -> (Op<'_>, usize) {
        const {
            assert!(
                align_of::<T>() <= 4096,
                "such an alignment is not supported"
            )
        };
        let (op, at) = self.cell(const { Kind::of(Of::<T>::DESC) }, site);
        let p = std::ptr::with_exposed_provenance_mut::<T>(at);
        // SAFETY: a cell for a `T`, free and ours.
        unsafe { p.write(v) };
        if std::mem::needs_drop::<T>() {
            op.is_born(at);
        }
        if T::TRACED {
            // SAFETY: just written.
            unsafe { (*p).visit(&mut Binder(&op)) };
        }
        (op, at)
    }
}

/// Makes a fresh object's pointers known: its fields can be set from now on, and while a cycle runs
/// what it points to is shaded.
pub(crate) struct Binder<'a, 'b>(pub(crate) &'a Op<'b>);

impl Visitor for Binder<'_, '_> {
    #[inline]
    fn edge(&mut self, object: usize) {
        self.0.shade(object);
    }

    #[inline]
    fn field(&mut self, word: &AtomicUsize) {
        self.0.bind(word);
    }
}
