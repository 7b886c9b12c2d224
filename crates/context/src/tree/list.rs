//! What hangs on a context that can end: contexts below it, and functions to be called then.

use gompa_park::sync::Cell;
use std::ptr::{self, NonNull};

/// What a link is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Another context.
    Child,
    /// A function of `after_func`; the list owns a reference to it.
    Func,
}

/// A place in a list; part of what is in it. The list's lock.
#[derive(Debug)]
pub(crate) struct Link {
    /// Neighbours, null at the ends.
    prev: Cell<*const Link>,
    next: Cell<*const Link>,
    /// Whether it is in a list.
    listed: Cell<bool>,
    pub(crate) kind: Kind,
}

impl Link {
    pub(crate) fn new(kind: Kind) -> Link {
        Link {
            prev: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
            listed: Cell::new(false),
            kind,
        }
    }
}

/// In the order of their coming. Everything here is under the lock of the context it hangs on.
#[derive(Debug)]
pub(crate) struct List {
    first: Cell<*const Link>,
    last: Cell<*const Link>,
}

impl List {
    pub(crate) fn new() -> List {
        List {
            first: Cell::new(ptr::null()),
            last: Cell::new(ptr::null()),
        }
    }

    /// Puts a link at the end.
    ///
    /// # Safety
    /// 1. The caller holds the list's lock, or has it to itself.
    /// 2. The link is in no list, and lives until it is taken out. The address comes with the right
    ///    to all of what the link is part of.
    #[inline]
    pub(crate) unsafe fn push(&self, link: NonNull<Link>) {
        let last = self.last.replace(link.as_ptr());
        // SAFETY: duty 2.
        let this = unsafe { link.as_ref() };
        this.prev.set(last);
        this.next.set(ptr::null());
        this.listed.set(true);
        // SAFETY: links in the list live.
        match unsafe { last.as_ref() } {
            Some(last) => last.next.set(link.as_ptr()),
            None => self.first.set(link.as_ptr()),
        }
    }

    /// Takes a link out; false if it is in no list.
    ///
    /// # Safety
    /// 1. As for [`push`](Self::push).
    /// 2. The link is in this list, or in none.
    #[inline]
    pub(crate) unsafe fn remove(&self, link: &Link) -> bool {
        if !link.listed.replace(false) {
            return false;
        }
        let (prev, next) = (link.prev.get(), link.next.get());
        // SAFETY: links in the list live.
        match unsafe { prev.as_ref() } {
            Some(prev) => prev.next.set(next),
            None => self.first.set(next),
        }
        // SAFETY: as above.
        match unsafe { next.as_ref() } {
            Some(next) => next.prev.set(prev),
            None => self.last.set(prev),
        }
        true
    }

    /// Takes the first link out.
    ///
    /// # Safety
    /// 1. As for [`push`](Self::push).
    #[inline]
    pub(crate) unsafe fn pop(&self) -> Option<NonNull<Link>> {
        let first = NonNull::new(self.first.get().cast_mut())?;
        // SAFETY: links in the list live.
        let link = unsafe { first.as_ref() };
        let next = link.next.get();
        link.listed.set(false);
        self.first.set(next);
        // SAFETY: as above.
        match unsafe { next.as_ref() } {
            Some(next) => next.prev.set(ptr::null()),
            None => self.last.set(ptr::null()),
        }
        Some(first)
    }
}
