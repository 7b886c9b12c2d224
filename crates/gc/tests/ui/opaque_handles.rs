//! Rule 8: nor can handles hide in an `Opaque`.
use gompa_gc::{Gc, Opaque, Trace, scope};
use std::sync::Mutex;

#[derive(Trace)]
struct Node<'gc>(Gc<'gc, u64>);

fn main() {
    scope(|s| {
        s.alloc(Opaque(Mutex::new(s.alloc(1u64))));
    });
    scope(|s| {
        s.alloc(Opaque(Node(s.alloc(1u64))));
    });
}
