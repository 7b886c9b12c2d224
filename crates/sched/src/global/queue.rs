//! A list of runnable goroutines, linked through the goroutines themselves.

use crate::goroutine::G;
use std::ptr::{NonNull, null_mut};

/// First in, first out; owns the right to run what is in it.
pub(crate) struct List {
    first: *mut G,
    last: *mut G,
    len: usize,
}

impl List {
    pub(crate) const fn new() -> Self {
        List {
            first: null_mut(),
            last: null_mut(),
            len: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn push(&mut self, g: NonNull<G>) {
        // SAFETY: type-stable memory; the link of a queued goroutine belongs to its queue.
        unsafe { g.as_ref() }.link.set(null_mut());
        match NonNull::new(self.last) {
            // SAFETY: as above.
            Some(last) => unsafe { last.as_ref() }.link.set(g.as_ptr()),
            None => self.first = g.as_ptr(),
        }
        self.last = g.as_ptr();
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<NonNull<G>> {
        let g = NonNull::new(self.first)?;
        // SAFETY: as in `push`.
        self.first = unsafe { g.as_ref() }.link.get();
        if self.first.is_null() {
            self.last = null_mut();
        }
        self.len -= 1;
        Some(g)
    }

    /// Appends all of `other`, in its order.
    pub(crate) fn append(&mut self, other: List) {
        let Some(first) = NonNull::new(other.first) else {
            return;
        };
        match NonNull::new(self.last) {
            // SAFETY: as in `push`.
            Some(last) => unsafe { last.as_ref() }.link.set(first.as_ptr()),
            None => self.first = first.as_ptr(),
        }
        self.last = other.last;
        self.len += other.len;
    }
}
