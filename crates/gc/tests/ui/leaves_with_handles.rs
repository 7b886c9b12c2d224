//! Rule 8: a leaf holds nothing that needs tracing, so it is `'static`.
use gompa_gc::{Field, Gc, Trace};
use std::sync::Mutex;

#[derive(Trace)]
struct A<'gc>(#[gc(leaf)] Mutex<Gc<'gc, u64>>);

#[derive(Trace)]
struct B<'gc>(#[gc(leaf)] Field<'gc, u64>);

#[derive(Trace)]
struct C<'gc>(#[gc(leaf)] &'gc str);

#[derive(Trace)]
struct D<'gc>(&'gc str);

fn main() {}
