//! Rule 4: nor is a pin.
use gompa_gc::scope;
use std::thread;

fn main() {
    scope(|s| {
        s.pin(|p| {
            thread::scope(|t| {
                t.spawn(|| println!("{}", *p.alloc(1u64)));
            });
        });
    });
}
