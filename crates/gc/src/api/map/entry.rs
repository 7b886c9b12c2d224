//! What the list is made of.
//!
//! ```text
//!   mark    | order, even | next |
//!   entry   | order, odd  | next | value | key |
//! ```

use crate::Trace;
use crate::api::field::Field;
use crate::api::gc::Gc;
use crate::api::scope::Scope;
use std::ptr::with_exposed_provenance;

/// A mark, and the beginning of an entry.
#[derive(Trace)]
#[repr(C)]
pub(super) struct Link<'gc> {
    /// The hash, its bits in reverse, and 1; or the number of a bucket, its bits in reverse.
    pub(super) order: u64,
    pub(super) next: Field<'gc, Link<'gc>>,
}

/// An entry.
#[derive(Trace)]
#[repr(C)]
pub(super) struct Entry<'gc, K, V> {
    pub(super) link: Link<'gc>,
    /// Nil when it was removed.
    pub(super) value: Field<'gc, V>,
    pub(super) key: K,
}

impl Link<'_> {
    pub(super) fn is_entry(&self) -> bool {
        self.order & 1 != 0
    }
}

/// # Safety
/// 1. `at` is the address of a mark or an entry that stays for `'x`.
pub(super) unsafe fn link<'x>(at: usize) -> &'x Link<'x> {
    // SAFETY: (1); an entry begins with a link.
    unsafe { &*with_exposed_provenance(at) }
}

impl<K: Trace, V: Trace> Entry<'_, K, V> {
    /// # Safety
    /// 1. `at` is the address of an entry of a map from `K` to `V`, and stays for `'x`.
    unsafe fn at<'x>(at: usize) -> *const Entry<'x, K::At<'x>, V::At<'x>> {
        with_exposed_provenance(at)
    }

    /// # Safety
    /// 1. `at` is the address of an entry of a map from `K` to `V`, and stays for `'x`.
    pub(super) unsafe fn key_at<'x>(at: usize) -> &'x K::At<'x> {
        // SAFETY: (1).
        unsafe { &(*Self::at::<'x>(at)).key }
    }

    /// # Safety
    /// As [`key_at`](Self::key_at).
    pub(super) unsafe fn value_at<'x>(at: usize) -> &'x Field<'x, V::At<'x>> {
        // SAFETY: (1).
        unsafe { &(*Self::at::<'x>(at)).value }
    }

    /// Key and value, if it has not been removed.
    ///
    /// # Safety
    /// 1. `at` is the address of an entry of a map from `K` to `V`, in a slot of `s`.
    #[allow(clippy::type_complexity)]
    pub(super) unsafe fn both_at<'a>(
        s: &'a Scope,
        at: usize,
    ) -> Option<(&'a K::At<'a>, Gc<'a, V::At<'a>>)> {
        // SAFETY: (1).
        let (key, value) = unsafe { (Self::key_at(at), Self::value_at(at)) };
        let value = value.load(s);
        // SAFETY: a `V`, in a slot of `s`.
        (value != 0).then(|| (key, unsafe { Gc::from_address(value) }))
    }
}
