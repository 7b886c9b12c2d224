//! On goroutines: waiting parks the goroutine and never its worker, misuse ends the process as in
//! Go, and goroutines, threads and runtimes wake each other.
#![cfg(not(loom))]

mod between;
mod endings;
mod stress;

use gompa_sched::Builder;

/// Runs `f` on goroutines with so many Ps.
pub fn on<R: Send + 'static>(procs: usize, f: impl FnOnce() -> R + Send + 'static) -> R {
    Builder::new().procs(procs).run(f)
}
