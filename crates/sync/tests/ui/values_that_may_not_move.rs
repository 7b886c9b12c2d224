//! What may not move to another thread is not reached from one.
use gompa_sync::{Mutex, Pool, RwLock};
use std::rc::Rc;

fn shared<T: Sync>(_: T) {}

fn main() {
    shared(Mutex::new(Rc::new(0)));
    shared(RwLock::new(Rc::new(0)));
    shared(Pool::<Rc<u8>>::new(|| Rc::new(0)));
}
