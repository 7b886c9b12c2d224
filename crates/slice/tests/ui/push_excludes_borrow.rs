//! Pushing may move the elements, so not while they are borrowed from that very slice.
use gompa_slice::Slice;

fn main() {
    let mut s = Slice::from([1, 2]);
    let elements = s.borrow();
    s.push(3);
    println!("{}", elements[0]);
}
