//! Guards are not sent to another thread.
use gompa_sync::{Mutex, RwLock};

fn main() {
    let (mutex, lock) = (Mutex::new(0), RwLock::new(0));
    let (guard, read, write) = (mutex.lock(), lock.read(), lock.write());
    std::thread::scope(|s| {
        s.spawn(move || drop(guard));
        s.spawn(move || drop(read));
        s.spawn(move || drop(write));
    });
}
