//! Rules 8 and 10: what changes behind a shared reference, or has other owners, is not looked into;
//! handles cannot hide there.
use gompa_gc::{Field, Gc, Opaque, Trace, scope};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock};

#[derive(Trace)]
struct Node<'gc> {
    value: Gc<'gc, u64>,
}

#[derive(Trace)]
struct Hides<'gc> {
    a: RefCell<Gc<'gc, u64>>,
    b: Mutex<Gc<'gc, u64>>,
    c: Cell<Option<Gc<'gc, u64>>>,
    d: OnceLock<Gc<'gc, u64>>,
    e: Arc<Gc<'gc, u64>>,
    f: Rc<Node<'gc>>,
    g: &'gc str,
    h: &'gc Gc<'gc, u64>,
}

#[derive(Trace)]
struct Leaves<'gc> {
    #[gc(leaf)]
    a: Mutex<Gc<'gc, u64>>,
    #[gc(leaf)]
    b: Field<'gc, u64>,
    #[gc(leaf)]
    c: &'gc str,
}

fn main() {
    scope(|s| {
        let value = s.alloc(1u64);
        s.alloc(Opaque(Mutex::new(value)));
        s.alloc(Opaque(Node { value }));
    });
}
