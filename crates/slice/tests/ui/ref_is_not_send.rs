//! A borrow is counted without atomics, so it ends where it began.
use gompa_slice::Slice;

fn main() {
    let s = Slice::from([1, 2]);
    let elements = s.borrow();
    std::thread::scope(|scope| {
        scope.spawn(move || drop(elements));
    });
}
