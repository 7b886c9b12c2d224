//! The elements by reference are there no longer than the slice they were borrowed from.
use gompa_slice::Slice;

fn main() {
    let elements = {
        let s = Slice::from([1, 2]);
        s.borrow()
    };
    println!("{}", elements[0]);
}
