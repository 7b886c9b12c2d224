//! A goroutine may outlive whoever starts it.

fn main() {
    let local = vec![1, 2, 3];
    gompa_sched::go(|| println!("{}", local.len())).join().unwrap();
}
