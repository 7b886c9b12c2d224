//! Rule 1: nor by way of a global, a thread-local or a `dyn Any`.
use gompa_gc::{Gc, scope};
use std::any::Any;
use std::cell::Cell;
use std::sync::OnceLock;

static GLOBAL: OnceLock<Gc<'static, u64>> = OnceLock::new();
thread_local!(static LOCAL: Cell<Option<Gc<'static, u64>>> = const { Cell::new(None) });

fn main() {
    scope(|s| GLOBAL.set(s.alloc(1u64)).unwrap());
    scope(|s| LOCAL.set(Some(s.alloc(2u64))));
    scope(|s| {
        let any: Box<dyn Any> = Box::new(s.alloc(3u64));
    });
}
