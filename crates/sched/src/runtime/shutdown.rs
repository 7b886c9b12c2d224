//! The end of a runtime.
//!
//! 1. CLOSING: goroutines that wait are taken out of their waits and unwind; those that run do so
//!    at their next wait or yield; fresh ones are dropped without having run.
//! 2. When none is left: STOPPED. Ms end, and are joined.
//!
//! Whoever drops the [`Runtime`] sees to both, and waits for as long as there is progress. Some
//! goroutines may not end soon: they stay in user code; or they wait while they unwind, in a
//! destructor, where a second panic would end the process, so that such a wait is left alone. When
//! [`GRACE`] has passed without progress the runtime is *orphaned*: its Ms and its monitor go on for
//! those goroutines' sake, and the monitor does step 2 when the last one has ended. So nobody's
//! stack or memory goes while it may be in use.

use super::{CLOSING, OPEN, Runtime, STOPPED, Sched};
use crate::goroutine::Status;
use crate::host;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{AcqRel, Acquire, SeqCst};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a runtime waits for goroutines that do not come to an end.
const GRACE: Duration = Duration::from_millis(400);

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
        if host::may_wait_for(sched) && sched.unwind_all() {
            sched.monitor.stop();
            sched.stop();
        } else {
            // Nobody joins the monitor then.
            drop(sched.monitor.take_thread());
            sched.orphaned.store(true, SeqCst);
            sched.monitor.nudge();
        }
    }
}

impl Sched {
    /// Step 1. False: some goroutines stay.
    fn unwind_all(&self) -> bool {
        let mut left = self.goroutines();
        let mut since = Instant::now();
        let mut pause = Duration::from_micros(50);
        while left > 0 {
            let looked = Instant::now();
            self.take_out_waiting();
            let looking = looked.elapsed();
            let before = std::mem::replace(&mut left, self.goroutines());
            if left != before {
                since = Instant::now();
                pause = Duration::from_micros(50);
            } else if since.elapsed() >= GRACE {
                return false;
            }
            // A look at a million takes its time, and a processor.
            pause_here(pause.max(4 * looking));
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        true
    }

    /// Ends the waits that began before CLOSING; later ones do not begin.
    fn take_out_waiting(&self) {
        self.slab.for_each(|g| {
            if g.status() == Status::Waiting && !g.keeps_waiting() && g.park.hold() {
                host::runnable(NonNull::from(g));
            }
        });
    }

    /// The monitor: goes on with step 1 for an orphaned runtime. True: it was the end.
    pub(crate) fn tend_if_orphaned(&self) -> bool {
        if !self.orphaned.load(SeqCst) {
            return false;
        }
        self.take_out_waiting();
        let ended = self.goroutines() == 0;
        if ended {
            self.stop();
        }
        ended
    }

    /// Step 2. The monitor is the caller, or has been told to stop.
    fn stop(&self) {
        self.state.store(STOPPED, SeqCst);
        // Timers that others started here, `after_func`'s say, go on elsewhere.
        for p in self.procs.iter_all() {
            p.timers.move_timers_to_fallback();
        }
        let mut threads: Vec<JoinHandle<()>> = Vec::new();
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
            threads.extend(self.monitor.take_thread());
            let (ended, rest) = threads.into_iter().partition(JoinHandle::is_finished);
            let ended: Vec<JoinHandle<()>> = ended;
            for t in ended {
                // An M's thread does not panic: goroutines catch theirs.
                let _ = t.join();
            }
            threads = rest;
            if threads.is_empty() {
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
