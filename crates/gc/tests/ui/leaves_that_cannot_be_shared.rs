//! Rule 12: objects are shared between threads.
use gompa_gc::{Opaque, Trace, scope};
use std::cell::Cell;
use std::rc::Rc;

#[derive(Trace)]
struct Leaf(#[gc(leaf)] Cell<u64>);

fn main() {
    scope(|s| s.alloc(Opaque(Rc::new(1))).as_ref().0.as_ref() == &1);
}
