//! Goroutines of those who look: the program does not know of them.

use crate::goroutine::task;
use crate::handle::current_sched;
use crate::host;
use crate::runtime::Sched;
use std::panic::Location;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Arc, Weak};

/// Counted for as long as it lives.
struct Counted(Weak<Sched>);

impl Counted {
    fn new(sched: &Sched) -> Counted {
        sched.system.fetch_add(1, SeqCst);
        Counted(Arc::downgrade(&sched.strong()))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(sched) = self.0.upgrade() {
            sched.system.fetch_sub(1, SeqCst);
        }
    }
}

/// Starts a goroutine that serves those who look at the program, in the runtime of the code that calls
/// this. It is none of the program's: no dump or profile shows it, [`num_goroutine`] does not count
/// it, and that it waits for a socket is no reason to believe that the program goes on: a deadlock of
/// the others is one. Goroutines that it starts by [`go`](crate::go) are ordinary ones.
///
/// [`num_goroutine`]: crate::num_goroutine
#[track_caller]
pub fn go_system(f: impl FnOnce() + Send + 'static) {
    let sched = current_sched();
    let counted = Counted::new(sched);
    // SAFETY: the closure borrows nothing.
    let (task, promise) = unsafe {
        task::new(move || {
            let _counted = counted;
            f();
        })
    };
    host::spawn_system_on(sched, task, Location::caller());
    drop(promise);
}

/// How many goroutines of that kind wait for a socket.
pub(crate) fn waiting_for_sockets(sched: &Sched) -> usize {
    use crate::goroutine::Status;
    use gompa_park::WaitReason;
    if sched.system.load(Relaxed) == 0 {
        return 0;
    }
    let mut n = 0;
    sched.slab.for_each(|g| {
        let waits = g.status() == Status::Waiting && g.reason() == WaitReason::IoWait;
        n += usize::from(g.is_system() && waits);
    });
    n
}
