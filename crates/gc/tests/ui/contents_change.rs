//! Rule 5: an object is only ever shared, so an edge never changes and nothing is moved out.
use gompa_gc::{Gc, Trace, scope};

#[derive(Trace)]
struct Node<'gc> {
    name: String,
    edge: Option<Gc<'gc, Node<'gc>>>,
}

fn main() {
    scope(|s| {
        let a = s.alloc(Node { name: String::new(), edge: None });
        let b = s.alloc(Node { name: String::new(), edge: Some(a) });
        a.edge = Some(b);
        std::mem::swap(&mut *a, &mut *b);
        let moved = std::mem::take(&mut a.name);
        let name = a.name;
    });
}
