//! While `&mut [T]` is there, no view can be made.
use gompa_slice::Slice;

fn main() {
    let mut s = Slice::from([1, 2]);
    let elements = s.get_mut().unwrap();
    let view = s.slice(..1);
    elements[0] = view.get(0);
}
