//! Each test runs twice: on plain threads with no runtime, and on goroutines.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::any::Any;
use std::time::Duration;

/// Long enough that only a hang reaches it.
pub const LONG: Duration = Duration::from_secs(60);
/// Long enough that who should be waiting by then is.
pub const SHORT: Duration = Duration::from_millis(20);

/// What runs here and can be joined.
pub struct Task<T>(Box<dyn FnOnce() -> Result<T, Box<dyn Any + Send>> + Send>);

impl<T: Send + 'static> Task<T> {
    /// Its value; panics if it panicked.
    pub fn join(self) -> T {
        (self.0)().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// Starts a thread where the test runs on threads, a goroutine where on goroutines.
pub fn go<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Task<T> {
    if gompa_park::host::current().is_some() {
        goroutine(f)
    } else {
        let thread = std::thread::spawn(f);
        Task(Box::new(move || thread.join()))
    }
}

/// Runs `test` on a plain thread, then on a goroutine.
pub fn both(test: fn()) {
    test();
    in_runtime(test);
}

fn goroutine<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> Task<T> {
    let handle = gompa_sched::go(f);
    Task(Box::new(move || handle.join()))
}

fn in_runtime(test: fn()) {
    gompa_sched::run(test);
}
