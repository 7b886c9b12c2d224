//! What several would have at once must be shareable.
use gompa_sync::{Map, Mutex, OnceValue, RwLock};
use std::cell::Cell;

fn shared<T: Sync>(_: T) {}

fn main() {
    shared(RwLock::new(Cell::new(0)));
    shared(OnceValue::<Cell<u8>>::new(|| Cell::new(0)));
    shared(Map::<u8, Cell<u8>>::new());
    let mutex = Mutex::new(Cell::new(0));
    shared(mutex.lock());
}
