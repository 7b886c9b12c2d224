//! A guard does not outlive what it holds.
use gompa_sync::{Mutex, RwLock};

fn main() {
    let guard = { Mutex::new(0).lock() };
    let lock = RwLock::new(0);
    let read = lock.read();
    drop(lock);
    drop((guard, read));
}
