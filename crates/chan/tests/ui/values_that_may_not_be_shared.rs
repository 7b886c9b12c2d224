//! Nor may it be shared between threads; nor may its ends.
use std::rc::Rc;

fn main() {
    let ch = gompa_chan::make::<Rc<u8>>(1);
    let (tx, rx) = (ch.sender(), ch.receiver());
    std::thread::scope(|s| {
        s.spawn(|| ch.len());
        s.spawn(|| tx.len());
        s.spawn(|| rx.len());
    });
}
