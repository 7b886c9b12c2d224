// A function is called elsewhere.
use gompa_context::{after_func, background};

fn main() {
    let rc = std::rc::Rc::new(1);
    after_func(&background(), move || println!("{rc}"));
}
