//! Rule 11, and what has no meaning.
use gompa_gc::{Gc, Trace};

#[derive(Trace)]
struct Two<'a, 'b> {
    a: Gc<'a, u64>,
    b: Gc<'b, u64>,
}

#[derive(Trace)]
union Either {
    a: u64,
    b: u32,
}

#[derive(Trace)]
#[gc(leaf)]
struct Marked(u64);

#[derive(Trace)]
struct Misspelt(#[gc(leave)] u64);

fn main() {}
