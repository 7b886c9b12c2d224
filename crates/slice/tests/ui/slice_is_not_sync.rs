//! Nor may a view be used from two threads.
use gompa_slice::Slice;

fn main() {
    let s = Slice::from([1, 2]);
    std::thread::scope(|scope| {
        scope.spawn(|| s.set(0, 9));
        s.set(0, 8);
    });
}
