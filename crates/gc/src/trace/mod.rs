//! Which values may live in the collected heap, and where their pointers are.

mod containers;
mod leaves;

use std::sync::atomic::AtomicUsize;

/// A type of values for the collected heap. Derive it: `#[derive(Trace)]`.
///
/// A type that holds [`Gc`](crate::Gc)s or [`Field`](crate::Field)s has one lifetime parameter, that
/// of its handles. Types without any need none. Fields of types that are not `Trace` are marked
/// `#[gc(leaf)]`; they must be `Send + Sync + 'static`, and the collector does not look into them.
///
/// ```
/// use gompa_gc::{Field, Gc, Trace, scope};
///
/// #[derive(Trace)]
/// struct Page<'gc> {
///     title: String,
///     parent: Option<Gc<'gc, Page<'gc>>>,  // an edge: never changes
///     next: Field<'gc, Page<'gc>>,         // a field: can be set
///     #[gc(leaf)]
///     seen: std::sync::Mutex<Vec<u32>>,    // not looked into
/// }
///
/// scope(|s| {
///     let top = s.alloc(Page { title: "top".into(), parent: None, next: Field::nil(), seen: Default::default() });
///     let sub = s.alloc(Page { title: "sub".into(), parent: Some(top), next: Field::nil(), seen: Default::default() });
///     top.next.set(s, sub);
///     assert_eq!(top.next.get(s).unwrap().parent.unwrap().title, "top");
/// });
/// ```
///
/// # Safety
/// For whoever writes it by hand:
/// 1. `At<'a>` is the same type with its one lifetime replaced by `'a` (and `At` of its parameters
///    likewise): same layout, same meaning; `At<'a>::At<'b>` is `At<'b>`.
/// 2. `visit` reports every `Gc` and `Field` in the value, in the same places each time, whatever
///    other threads do with the value meanwhile. It does not panic and calls nothing of a user's.
/// 3. What `visit` reports is in the value itself, or owned by it and not to be moved or changed
///    through a shared reference.
/// 4. The type has no `Drop` of its own, and no part of it that `visit` looks into has one that
///    looks at what a `Gc` points to.
/// 5. `TRACED` is true if `visit` may ever report anything.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot live in the collected heap",
    label = "not `Trace`",
    note = "derive it for types of yours: `#[derive(Trace)]`",
    note = "a field of any other type that is `Send + Sync + 'static` can be marked `#[gc(leaf)]`, \
            or wrapped in `Opaque`",
    note = "pointers into the heap are `Gc<'gc, T>` if they never change, `Field<'gc, T>` if they do"
)]
pub unsafe trait Trace: Send + Sync {
    /// The type with its lifetime replaced.
    type At<'a>: Trace + 'a;

    /// Whether there may be anything to report.
    const TRACED: bool;

    /// Reports every pointer to the collected heap.
    fn visit<V: Visitor>(&self, v: &mut V);
}

/// What pointers are reported to. Not for implementing.
pub trait Visitor {
    /// The address of an object.
    #[doc(hidden)]
    fn edge(&mut self, object: usize);
    /// The word of a field.
    #[doc(hidden)]
    fn field(&mut self, word: &AtomicUsize);
}

/// For the derive: a leaf is what this accepts.
#[doc(hidden)]
#[inline(always)]
pub fn leaf<T: Send + Sync + 'static>(_: &T) {}
