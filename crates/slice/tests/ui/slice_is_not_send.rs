//! A view may not leave its thread, for others may have stayed.
use gompa_slice::Slice;

fn main() {
    let s = Slice::from([1, 2]);
    let view = s.clone();
    std::thread::spawn(move || view.set(0, 9));
    s.set(0, 8);
}
