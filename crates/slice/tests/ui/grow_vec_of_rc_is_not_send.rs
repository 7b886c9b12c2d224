//! What crosses threads does so only with elements that may.
use gompa_slice::GrowVec;
use std::rc::Rc;

fn main() {
    let v = GrowVec::<Rc<u8>>::from([Rc::new(1)]);
    std::thread::spawn(move || drop(v));
}
