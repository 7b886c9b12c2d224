// A function is called when nobody knows.
use gompa_context::{after_func, background};

fn main() {
    let local = 1;
    after_func(&background(), || println!("{local}"));
}
