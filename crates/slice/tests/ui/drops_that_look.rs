//! Also if nothing but a destructor looks.
use gompa_slice::Slice;

struct Looks<'a>(&'a String);

impl Drop for Looks<'_> {
    fn drop(&mut self) {
        println!("{}", self.0);
    }
}

fn main() {
    let _s;
    let text = String::from("gone");
    _s = Slice::from(vec![Looks(&text)]);
}
