//! A reference to an element is there no longer than the borrow that guards it.
use gompa_slice::Slice;

fn main() {
    let s = Slice::from([String::from("a")]);
    let first: Option<&String> = s.borrow().first();
    s.set(0, String::from("b"));
    println!("{first:?}");
}
