//! A map in the collected heap does not change: there is none behind a lock, and none in a leaf.
use gompa_gc::{Gc, Trace};
use gompa_hmap::HMap;
use std::sync::Mutex;

fn in_the_heap<T: Trace>() {}

#[derive(Trace)]
struct Leaf<'gc>(#[gc(leaf)] HMap<u64, Gc<'gc, u64>>);

fn main() {
    in_the_heap::<Mutex<HMap<u64, Gc<'static, u64>>>>();
}
