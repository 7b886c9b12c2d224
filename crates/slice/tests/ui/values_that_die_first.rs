//! What elements borrow outlives the slice.
use gompa_slice::Slice;

fn main() {
    let mut s = Slice::nil();
    {
        let text = String::from("gone");
        s.push(text.as_str());
    }
    println!("{}", s.get(0));
}
