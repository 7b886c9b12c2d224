//! Rule 12: objects are shared between threads.
use gompa_gc::{Opaque, Trace, scope};
use std::cell::Cell;
use std::rc::Rc;

#[derive(Trace)]
struct Leaves {
    #[gc(leaf)]
    a: Rc<u64>,
    #[gc(leaf)]
    b: Cell<u64>,
}

fn main() {
    scope(|s| {
        s.alloc(Opaque(Rc::new(1)));
        s.alloc(Rc::new(1));
    });
}
