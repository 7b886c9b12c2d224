//! Results come from another thread.

use std::rc::Rc;

fn main() {
    gompa_sched::scope(|s| {
        s.go(|| Rc::new(1));
    });
}
