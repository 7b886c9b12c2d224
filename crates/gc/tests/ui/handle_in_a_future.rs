//! Rule 1: nor in what an `async` block keeps.
use gompa_gc::scope;

fn main() {
    let future = scope(|s| async move { *s.alloc(1u64) });
    drop(future);
}
