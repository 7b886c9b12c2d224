//! A place for one function that others put there: who is told of something.

use std::marker::PhantomData;
use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Nothing, or a `fn(A)`.
pub(crate) struct Hook<A>(AtomicPtr<()>, PhantomData<fn(A)>);

impl<A> Hook<A> {
    pub(crate) const fn new() -> Hook<A> {
        Hook(AtomicPtr::new(null_mut()), PhantomData)
    }

    pub(crate) fn set(&self, f: Option<fn(A)>) {
        self.0
            .store(f.map_or(null_mut(), |f| f as *mut ()), Release);
    }

    /// Whether there seems to be one.
    #[inline]
    pub(crate) fn is_set(&self) -> bool {
        !self.0.load(Relaxed).is_null()
    }

    /// Calls it, if there is one.
    #[inline]
    pub(crate) fn call(&self, a: A) {
        let f = self.0.load(Acquire);
        if !f.is_null() {
            // SAFETY: not null: such a function, put there by `set`.
            let f = unsafe { transmute::<*mut (), fn(A)>(f) };
            f(a);
        }
    }
}
