//! Not even the main goroutine runs on the thread that calls `run`.

use std::sync::Mutex;

fn main() {
    static LOCK: Mutex<()> = Mutex::new(());
    let guard = LOCK.lock().unwrap();
    gompa_sched::run(move || drop(guard));
}
