//! A handle does not leave its scope: the result it holds may borrow.

fn main() {
    let local = vec![1, 2, 3];
    let handle = gompa_sched::scope(|s| s.go(|| local.len()));
    drop(local);
    handle.join().unwrap();
}
