//! Rule 10: what changes behind a shared reference, or has other owners, is not looked into.
use gompa_gc::{Gc, Trace};
use std::sync::{Arc, Mutex, OnceLock};

#[derive(Trace)]
struct Hides<'gc> {
    mutex: Mutex<Gc<'gc, u64>>,
    once: OnceLock<Gc<'gc, u64>>,
    arc: Arc<Gc<'gc, u64>>,
    reference: &'gc Gc<'gc, u64>,
}

fn main() {}
