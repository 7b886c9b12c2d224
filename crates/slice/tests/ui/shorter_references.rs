//! A slice of long references is no slice of short ones: a short one could be set through it, and
//! read through another view for longer.
use gompa_slice::Slice;

fn shorten<'a>(s: Slice<&'static str>) -> Slice<&'a str> {
    s
}

fn main() {
    let s: Slice<&'static str> = Slice::from([""]);
    let text = String::from("short");
    shorten(s.clone()).set(0, &text);
    drop(text);
    println!("{}", s.get(0));
}
