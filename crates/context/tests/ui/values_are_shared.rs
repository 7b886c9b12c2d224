// A context crosses threads, and so do its values.
use gompa_context::{background, with_value};

fn main() {
    with_value(&background(), 0, std::cell::Cell::new(0));
    with_value(&background(), 0, std::rc::Rc::new(0));
}
