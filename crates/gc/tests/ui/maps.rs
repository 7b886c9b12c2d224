//! Rules 1, 8, 10: what a map gives dies with the scope that holds it; keys that cannot be traced and
//! maps in leaves that hold handles are refused.
use gompa_gc::{Gc, Map, Trace, scope};
use std::sync::{Arc, Mutex};

#[derive(Trace)]
struct Holder<'gc>(Map<'gc, u64, u64>);

#[derive(Trace)]
struct Leaf<'gc>(#[gc(leaf)] Mutex<Map<'gc, u64, u64>>);

fn in_the_heap<T: Trace>() {}

fn main() {
    scope(|s| {
        let holder = s.alloc(Holder(Map::new()));
        let value = s.nested(|n| holder.0.get(n, &1));
        let all: Vec<_> = s.nested(|n| holder.0.iter(n).collect());
    });
    in_the_heap::<Map<'static, Arc<Gc<'static, u64>>, u64>>();
}
