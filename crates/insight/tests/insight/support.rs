//! What several tests need.

use gompa_sched::debug::{Look, Of, each_stack, goroutines};
use gompa_sched::{JoinHandle, Status, gosched};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Far longer than anything takes on a slow machine.
pub const FOREVER: Duration = Duration::from_secs(60);

/// One test at a time: profiles are the process's.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks until it is so.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FOREVER, "never: {what}");
        gosched();
    }
}

/// Lets others run until the goroutine waits.
#[track_caller]
pub fn until_it_waits<T>(handle: &JoinHandle<T>) {
    eventually("it waits", || {
        let all = goroutines();
        let it = all.iter().find(|g| g.id == handle.id());
        it.is_none_or(|g| g.status == Status::Waiting)
    });
}

/// How many goroutines of this runtime wait.
pub fn waiting() -> usize {
    let mut n = 0;
    each_stack(Look::at(Of::Mine).without_stacks(), |g| {
        n += usize::from(g.info.status == Status::Waiting);
        ControlFlow::Continue(())
    });
    n
}
