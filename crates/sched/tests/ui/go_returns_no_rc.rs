//! Results come from another thread.

use std::rc::Rc;

fn main() {
    gompa_sched::go(|| Rc::new(1)).join().unwrap();
}
