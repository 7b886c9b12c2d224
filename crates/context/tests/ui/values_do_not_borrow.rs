// Nobody knows how long a context lives.
use gompa_context::{background, with_value};

fn main() {
    let text = String::from("borrowed");
    with_value(&background(), 0, &text);
}
