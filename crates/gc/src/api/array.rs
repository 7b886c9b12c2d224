//! Arrays: a length and that many elements, in one object.
//!
//! ```text
//!   | len: usize | (padding) | element 0 | element 1 | ...
//! ```

use super::scope::Binder;
use crate::cycle::mark::Marker;
use crate::heap::class::Kind;
use crate::heap::desc::Desc;
use crate::heap::size;
use crate::mutator::Mutator;
use crate::mutator::alloc::Site;
use crate::mutator::operation::Op;
use crate::trace::{Trace, Visitor};
use std::marker::PhantomData;
use std::ops::Deref;

/// A number of `T`s in the heap, fixed at birth; made by [`Scope::array`](crate::Scope::array).
/// Dereferences to a slice. Elements that must change are [`Field`](crate::Field)s or atomics.
///
/// ```
/// use gompa_gc::{Field, scope};
/// scope(|s| {
///     let squares = s.array(5, |i| i * i);
///     assert_eq!(squares[4], 16);
///     let names = s.array(2, |_| Field::<String>::nil());
///     names[1].set(s, s.alloc(String::from("Tsangpo")));
///     assert_eq!(*names[1].get(s).unwrap(), "Tsangpo");
/// });
/// ```
#[repr(C)]
pub struct Array<T> {
    len: usize,
    /// Aligns what follows.
    elements: [T; 0],
}

/// Elements that are traced in one go: an array of more is traced in pieces, which others may take.
const PIECE: usize = 1024;

/// What the collector knows of an array of `T`; the size is an element's.
struct Of<T>(PhantomData<T>);

impl<T: Trace> Of<T> {
    /// Elements without a size hold nothing, however many there are: pieces have numbers of 27 bits.
    const TRACED: bool = T::TRACED && size_of::<T>() > 0;
    const DESC: &'static Desc = &Desc {
        size: size_of::<T>(),
        align: align_of::<Array<T>>(),
        trace: if Self::TRACED { Some(trace::<T>) } else { None },
        piece: if Self::TRACED { Some(piece::<T>) } else { None },
        drop: if std::mem::needs_drop::<T>() {
            Some(drop_elements::<T>)
        } else {
            None
        },
        name: std::any::type_name::<Array<T>>,
    };
}

/// The elements of the array at that address.
fn slice_of<T>(at: *const u8) -> *mut [T] {
    // SAFETY: the header of an array, written at its birth.
    let len = unsafe { at.cast::<usize>().read() };
    let first = at
        .wrapping_add(size_of::<Array<T>>())
        .cast::<T>()
        .cast_mut();
    std::ptr::slice_from_raw_parts_mut(first, len)
}

/// # Safety
/// 1. `at` is an array of `T`.
unsafe fn trace<T: Trace>(at: *const u8, marker: &mut Marker) {
    // SAFETY: (1); shared only.
    let elements = unsafe { &*slice_of::<T>(at) };
    if elements.len() > PIECE {
        marker.piece(at.addr(), 0);
    } else {
        elements.iter().for_each(|x| x.visit(marker));
    }
}

/// # Safety
/// 1. `at` is an array of `T` that has that piece.
unsafe fn piece<T: Trace>(at: *const u8, n: usize, marker: &mut Marker) -> bool {
    // SAFETY: (1); shared only.
    let elements = unsafe { &*slice_of::<T>(at) };
    let end = elements.len().min((n + 1) * PIECE);
    elements[n * PIECE..end]
        .iter()
        .for_each(|x| x.visit(marker));
    end < elements.len()
}

/// # Safety
/// 1. `at` is an array of `T`, unreachable, and its destructor has not run.
unsafe fn drop_elements<T>(at: *mut u8) {
    // SAFETY: (1).
    unsafe { slice_of::<T>(at).drop_in_place() }
}

/// Moves the elements into an array, in the operation that is returned: before it ends, somebody
/// must hold it.
pub(crate) fn place<T: Trace>(m: &Mutator, elements: Vec<T>, site: Site) -> (Op<'_>, usize) {
    const {
        assert!(
            align_of::<T>() <= 4096,
            "such an alignment is not supported"
        )
    };
    let desc = Of::<T>::DESC;
    let header = size_of::<Array<T>>();
    let len = elements.len();
    let bytes = header + len * size_of::<T>();
    let mut cell = size::of_array(bytes, desc.align);
    if desc.drop.is_some() {
        cell = cell.max(32);
    }
    let kind = Kind {
        desc,
        cell,
        varies: true,
    };
    let (op, at) = m.cell(kind, site);
    let p = std::ptr::with_exposed_provenance_mut::<u8>(at);
    let mut elements = std::mem::ManuallyDrop::new(elements);
    // SAFETY: a cell that holds header and elements, free and ours; the elements are moved.
    unsafe {
        p.cast::<usize>().write(len);
        let from = elements.as_ptr();
        from.copy_to_nonoverlapping(p.add(header).cast(), len);
        elements.set_len(0);
    }
    if desc.drop.is_some() {
        op.is_born(at);
    }
    if T::TRACED {
        let mut binder = Binder(&op);
        // SAFETY: just written.
        let fresh = unsafe { &*slice_of::<T>(p) };
        fresh.iter().for_each(|x| x.visit(&mut binder));
    }
    // The buffer they came in; not under a user's destructor, so an operation may do it.
    drop(std::mem::ManuallyDrop::into_inner(elements));
    (op, at)
}

impl<T> Deref for Array<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        // The reference covers the header only; the elements are behind it in the same object, and
        // the region's provenance is exposed.
        let at = std::ptr::with_exposed_provenance::<u8>(std::ptr::from_ref(self).addr());
        // SAFETY: an array is nowhere but in the heap, with `len` elements.
        unsafe { &*slice_of::<T>(at) }
    }
}

impl<'a, T> IntoIterator for &'a Array<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

// SAFETY: an array is shared as its elements are.
unsafe impl<T: Trace> Trace for Array<T> {
    type At<'a> = Array<T::At<'a>>;
    const TRACED: bool = T::TRACED;
    #[inline]
    fn visit<V: Visitor>(&self, v: &mut V) {
        if T::TRACED {
            self.iter().for_each(|x| x.visit(v));
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::Field;

    #[test]
    fn what_has_no_size_is_not_looked_at() {
        assert!(Of::<Field<u64>>::DESC.piece.is_some());
        assert!(Of::<[Field<u64>; 0]>::DESC.piece.is_none());
        assert!(Of::<[Field<u64>; 0]>::DESC.trace.is_none());
    }
}
