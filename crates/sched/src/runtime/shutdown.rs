//! The end of a runtime.
//!
//! 1. CLOSING: goroutines that wait are taken out of their waits, one by one, and unwind; those that
//!    run do so at their next wait; fresh ones are dropped without having run.
//! 2. When none is left, or the rest has been in user code for [`GRACE`] without coming back:
//!    STOPPED. Idle Ms end, and are joined.
//! 3. An M that still carries a goroutine ends when that goroutine does; the last one frees the
//!    runtime's memory.
//!
//! A destructor that waits while its goroutine unwinds is not interrupted (a second panic would end
//! the process); if nobody wakes it, it counts as the rest of 2.

use super::{CLOSING, OPEN, Runtime, STOPPED, Sched};
use crate::goroutine::Status;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{AcqRel, Acquire, SeqCst};
use std::time::{Duration, Instant};

/// How long a runtime waits for goroutines that do not come back from user code.
const GRACE: Duration = Duration::from_millis(100);

impl Drop for Runtime {
    fn drop(&mut self) {
        let sched = &self.sched;
        if sched
            .state
            .compare_exchange(OPEN, CLOSING, AcqRel, Acquire)
            .is_err()
        {
            return;
        }
        sched.unwind_all();
        sched.stop();
    }
}

impl Sched {
    fn unwind_all(&self) {
        let mut left = self.goroutines();
        let mut since = Instant::now();
        let mut pause = Duration::from_micros(50);
        while left > 0 {
            let mut took = false;
            self.slab.for_each(|g| {
                if g.status() == Status::Waiting && g.park.hold() {
                    took = true;
                    crate::host::runnable(NonNull::from(g));
                }
            });
            let now = self.goroutines();
            if now != left || took {
                (left, since) = (now, Instant::now());
                pause = Duration::from_micros(50);
            } else if since.elapsed() >= GRACE {
                return;
            }
            pause_here(pause);
            pause = (pause * 2).min(Duration::from_millis(5));
        }
    }

    fn stop(&self) {
        self.state.store(STOPPED, SeqCst);
        // Timers that others started here, `after_func`'s say, go on elsewhere.
        for p in self.procs.iter_all() {
            p.timers.move_timers_to_fallback();
        }
        self.monitor.stop();
        let own = self.monitor.take_thread();
        let mut threads = self.machines.take_threads();
        threads.extend(own);
        let since = Instant::now();
        loop {
            // Whoever went to sleep before it could see the state wakes now, or the next time round.
            loop {
                let stopped = self.global.lock().pop_idle_m();
                let Some(m) = stopped else { break };
                // SAFETY: an M on the idle list waits to be taken off it.
                unsafe { m.as_ref() }.note.ring();
            }
            self.wake_sleeper();
            threads.extend(self.machines.take_threads());
            let (ended, rest) = threads.into_iter().partition(|t| t.is_finished());
            let ended: Vec<std::thread::JoinHandle<()>> = ended;
            for t in ended {
                // An M's thread does not panic: goroutines catch theirs.
                let _ = t.join();
            }
            threads = rest;
            // The rest carries goroutines that will not come back soon.
            let carriers = self.goroutines() as usize;
            if threads.is_empty() || (threads.len() <= carriers && since.elapsed() >= GRACE) {
                return;
            }
            pause_here(Duration::from_micros(100));
        }
    }
}

/// Whoever shuts down may be a goroutine of another runtime.
fn pause_here(d: Duration) {
    let parker = gompa_park::Parker::current();
    let until = gompa_park::time::after(d);
    let _ = parker.park(gompa_park::WaitReason::Sleep, until);
}
