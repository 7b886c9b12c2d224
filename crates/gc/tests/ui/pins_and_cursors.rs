//! Handles of a pin die when it lets the collector pass, those of a cursor when it moves.
use gompa_gc::{Field, Trace, scope};

#[derive(Trace)]
struct Node<'gc> {
    next: Field<'gc, Node<'gc>>,
}

fn main() {
    scope(|s| {
        let node = s.alloc(Node { next: Field::nil() });
        let escaped = s.pin(|p| node.next.get(p));
        s.pin(|p| {
            let next = node.next.get(p);
            p.repin();
            drop(next);
        });
        let mut cursor = s.cursor(node);
        let here = cursor.get();
        cursor.set(node);
        drop(here);
    });
}
