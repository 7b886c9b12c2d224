// A key is looked for by `==`, so one that is not equal to itself would not be found.
use gompa_context::{background, with_value};

fn main() {
    with_value(&background(), 1.5, "a float");
}
