//! What the collector knows of a type.

use crate::cycle::mark::Marker;
use crate::trace::Trace;
use std::marker::PhantomData;

/// A type of objects. Its address is its identity; a type may have several, which does no harm.
#[repr(align(64))]
pub(crate) struct Desc {
    /// Bytes of an object, or of an array's element.
    pub(crate) size: usize,
    pub(crate) align: usize,
    /// Hands all pointers of an object to the marker; `None` if it has none.
    pub(crate) trace: Option<unsafe fn(*const u8, &mut Marker)>,
    /// Hands the pointers of the n-th piece of an array to the marker, which `trace` has told that
    /// there are pieces; whether there is another one behind it.
    pub(crate) piece: Option<unsafe fn(*const u8, usize, &mut Marker) -> bool>,
    /// Runs an object's destructor; `None` if it has none.
    pub(crate) drop: Option<unsafe fn(*mut u8)>,
    /// What people call it.
    pub(crate) name: fn() -> &'static str,
}

/// The description of objects that are a `T`.
pub(crate) struct Of<T>(PhantomData<T>);

impl<T: Trace> Of<T> {
    pub(crate) const DESC: &'static Desc = &Desc {
        size: size_of::<T>(),
        align: align_of::<T>(),
        trace: if T::TRACED { Some(trace::<T>) } else { None },
        piece: None,
        drop: if std::mem::needs_drop::<T>() {
            Some(drop::<T>)
        } else {
            None
        },
        name: std::any::type_name::<T>,
    };
}

/// # Safety
/// 1. `at` is an object that is a `T`.
unsafe fn trace<T: Trace>(at: *const u8, marker: &mut Marker) {
    // SAFETY: (1); objects are only ever shared.
    unsafe { (*at.cast::<T>()).visit(marker) }
}

/// # Safety
/// 1. `at` is an object that is a `T`, unreachable, and its destructor has not run.
unsafe fn drop<T>(at: *mut u8) {
    // SAFETY: (1).
    unsafe { at.cast::<T>().drop_in_place() }
}
