//! Pinned regions.

use super::gc::Gc;
use crate::mutator::Mutator;
use crate::trace::Trace;
use std::marker::PhantomData;
use std::panic::Location;

/// A pinned region that is open; see [`Scope::pin`](crate::Scope::pin). Handles made in it are valid
/// until it ends or lets the collector pass.
pub struct Pin {
    m: &'static Mutator,
    _own: PhantomData<*mut ()>,
}

impl Pin {
    pub(super) fn with<R>(
        m: &'static Mutator,
        at: &'static Location<'static>,
        f: impl FnOnce(&mut Pin) -> R,
    ) -> R {
        /// Closes it, whatever happens. Never in a user's hands.
        struct Open(Pin);
        impl Drop for Open {
            #[inline]
            fn drop(&mut self) {
                self.0.m.unpin();
            }
        }
        m.pin(at);
        let mut open = Open(Pin {
            m,
            _own: PhantomData,
        });
        f(&mut open.0)
    }

    /// Moves `v` into the heap; no slot holds it.
    #[inline(always)]
    #[track_caller]
    pub fn alloc<'p, T: Trace>(&'p self, v: T) -> Gc<'p, T::At<'p>> {
        let (op, at) = self.m.place(v, Location::caller());
        drop(op);
        // SAFETY: nothing that was allocated in the pin is freed before it ends: the cycle that could
        // find it unreachable cannot begin or end meanwhile.
        unsafe { Gc::from_address(at) }
    }

    /// Lets the collector pass, if it waits. No handle of this pin is left.
    ///
    /// Inside another pin it does nothing.
    #[inline]
    pub fn repin(&mut self) {
        self.m.repin();
    }

    #[inline]
    pub(crate) fn mutator(&self) -> &'static Mutator {
        self.m
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pin")
    }
}
