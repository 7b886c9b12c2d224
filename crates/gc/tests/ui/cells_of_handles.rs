//! Rules 10 and 12: nor what cannot be shared between threads at all.
use gompa_gc::{Gc, Trace};
use std::cell::RefCell;

#[derive(Trace)]
struct Hides<'gc>(RefCell<Gc<'gc, u64>>);

fn main() {}
