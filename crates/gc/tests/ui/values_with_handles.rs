//! Rule 6: a value that holds handles, on its way into the heap, lives as long as they do.
use gompa_gc::{Field, Gc, Trace, scope};

#[derive(Trace)]
struct Node<'gc> {
    edge: Option<Gc<'gc, Node<'gc>>>,
    next: Field<'gc, Node<'gc>>,
}

fn main() {
    scope(|s| {
        let late = s.nested(|n| Node { edge: Some(n.alloc(Node { edge: None, next: Field::nil() })), next: Field::nil() });
        s.alloc(late);
        let mut kept = Vec::new();
        s.nested(|n| kept.push(Field::new(n.alloc(1u64))));
    });
}
