//! Rule 14: a handle from a root dies with the root.
use gompa_gc::{Root, scope};

fn main() {
    let mut root: Root<u64> = scope(|s| Root::new(s.alloc(1u64)));
    let handle = root.get();
    scope(|s| root.set(s.alloc(2u64)));
    println!("{}", *handle);

    let dangling = {
        let root: Root<u64> = scope(|s| Root::new(s.alloc(1u64)));
        root.get()
    };
    let moved = root.get();
    drop(root);
    println!("{}", *moved);
}
