//! Rule 4: slots are touched by their own goroutine or thread only.
use gompa_gc::scope;
use std::thread;

fn main() {
    scope(|s| {
        thread::scope(|t| {
            t.spawn(|| println!("{}", *s.alloc(1u64)));
        });
    });
}
