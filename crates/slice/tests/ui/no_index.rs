//! There is no reference to an element without a guard: another view could overwrite it.
use gompa_slice::Slice;

fn main() {
    let s = Slice::from([String::from("a")]);
    let first = &s[0];
    println!("{first}");
}
