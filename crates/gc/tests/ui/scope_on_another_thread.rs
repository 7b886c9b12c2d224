//! Rule 4: slots are touched by their own goroutine or thread only.
use gompa_gc::scope;
use std::thread;

fn main() {
    scope(|s| {
        thread::scope(|t| {
            t.spawn(|| s.alloc(1u64));
        });
        s.pin(|p| {
            thread::scope(|t| {
                t.spawn(|| p.alloc(1u64));
            });
        });
    });
}
