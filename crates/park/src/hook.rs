//! A place for one function that others put there: who is told of something.

use std::marker::PhantomData;
use std::mem::transmute;
use std::ptr::null_mut;
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Nothing, or a `fn(A)`.
#[derive(Debug)]
pub struct Hook<A>(AtomicPtr<()>, PhantomData<fn(A)>);

impl<A> Default for Hook<A> {
    fn default() -> Hook<A> {
        Hook::new()
    }
}

impl<A> Hook<A> {
    /// Nobody is told.
    pub const fn new() -> Hook<A> {
        Hook(AtomicPtr::new(null_mut()), PhantomData)
    }

    /// From now on `f` is told; `None`: nobody is.
    pub fn set(&self, f: Option<fn(A)>) {
        self.0
            .store(f.map_or(null_mut(), |f| f as *mut ()), Release);
    }

    /// Whether there seems to be one.
    #[inline]
    pub fn is_set(&self) -> bool {
        !self.0.load(Relaxed).is_null()
    }

    /// Calls it, if there is one.
    #[inline]
    pub fn call(&self, a: A) {
        let f = self.0.load(Acquire);
        if !f.is_null() {
            // SAFETY: not null: such a function, put there by `set`.
            let f = unsafe { transmute::<*mut (), fn(A)>(f) };
            f(a);
        }
    }
}
