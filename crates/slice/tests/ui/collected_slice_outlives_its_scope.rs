//! A slice in the collected heap is a handle: it dies with its scope, and does not hide in a leaf.
use gompa_gc::{Opaque, scope};
use gompa_slice::gc::Slice;
use std::sync::Mutex;

fn main() {
    let _escaped = scope(|s| Slice::<u64>::nil().append(s, s.alloc(1u64)));
    scope(|s| {
        let slice = Slice::<u64>::nil().append(s, s.alloc(1u64));
        s.alloc(Opaque(Mutex::new(slice)));
    });
}
