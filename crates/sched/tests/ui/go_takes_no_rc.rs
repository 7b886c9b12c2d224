//! A goroutine is another thread to whatever it is given.

use std::rc::Rc;

fn main() {
    let shared = Rc::new(1);
    gompa_sched::go(move || println!("{shared}")).join().unwrap();
}
