//! A slice has owners the collector does not know of: it cannot be traced through.
use gompa_gc::{Gc, Trace};
use gompa_slice::Slice;

fn in_the_heap<T: Trace>() {}

fn main() {
    in_the_heap::<Slice<Gc<'static, u64>>>();
}
