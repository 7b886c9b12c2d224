//! A channel of values that may not change threads may not, either.
use std::rc::Rc;

fn main() {
    let ch = gompa_chan::make::<Rc<u8>>(1);
    std::thread::spawn(move || ch.send(Rc::new(1)));
}
