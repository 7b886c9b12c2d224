//! Any value as a leaf.

use crate::trace::{Trace, Visitor};
use std::ops::Deref;

/// Any `Send + Sync + 'static` value as something for the heap. The collector does not look into it;
/// its destructor runs when it has died.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opaque<T: Send + Sync + 'static>(pub T);

impl<T: Send + Sync + 'static> Deref for Opaque<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

// SAFETY: 1. no lifetime (`T: 'static`). 2.-5. what is in it stays, if it holds handles at all:
// `'static` ones are held by roots that are never dropped, and fields in it stay unbound.
unsafe impl<T: Send + Sync + 'static> Trace for Opaque<T> {
    type At<'a> = Opaque<T>;
    const TRACED: bool = false;
    #[inline(always)]
    fn visit<V: Visitor>(&self, _: &mut V) {}
}
