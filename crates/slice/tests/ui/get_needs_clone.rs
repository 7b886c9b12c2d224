//! An element comes out of a shared array only as a copy.
use gompa_slice::Slice;

struct Unique;

fn main() {
    let s = Slice::from([Unique]);
    let _twice = (s.get(0), s.get(0));
}
