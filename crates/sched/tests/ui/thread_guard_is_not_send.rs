//! A goroutine frees its own thread, nobody else does.

fn main() {
    gompa_sched::run(|| {
        let guard = gompa_sched::lock_os_thread();
        gompa_sched::go(move || drop(guard)).join().unwrap();
    });
}
