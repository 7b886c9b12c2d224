//! The monitor: a thread without a P that looks after what nobody else can.
//!
//! - It takes the P from an M that stays in user code: after 10 ms ([`SLICE`]), or as soon as the
//!   thread is found asleep in the kernel ([`retake`]).
//! - It polls the sockets if nobody has for 10 ms, and sees to timers of a P whose M is stuck.
//! - It brings a runtime to its end that was left with goroutines (see `runtime::shutdown`).
//! - It keeps the coarse clock, gives back memory of stacks and blocks that nobody needs, prints
//!   `GODEBUG=schedtrace` lines, and finds deadlocks.
//!
//! # Pace
//! ```text
//!   20 us a round; after 50 rounds in which nothing was taken, twice as long each round, up to
//!   10 ms; back to 20 us when something was. Asleep once it is that slow and every P is idle, until
//!   one is not.
//! ```

mod recorders;
mod retake;
mod scavenger;
mod stalls;
mod thread_state;

use crate::deadlock;
use crate::debug::schedtrace;
use crate::fatal;
use crate::netpoll::Poller;
use crate::runtime::Sched;
use gompa_park::futex;
use gompa_park::time::{self, Nanos};
use recorders::Recorders;
use scavenger::Scavenger;
use stalls::Stalls;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use thread_state::Threads;

/// How long a goroutine may keep its P without coming to the scheduler.
pub(crate) const SLICE: Nanos = 10_000_000;

const FASTEST: Nanos = 20_000;
const SLOWEST: Nanos = 10_000_000;
const PATIENCE: u32 = 50;

/// The monitor's end that others see.
pub(crate) struct Monitor {
    /// Goes up when it shall look now; what it sleeps on.
    nudges: AtomicU32,
    /// It sleeps until nudged: every P is idle.
    deep: AtomicBool,
    stopped: AtomicBool,
    /// Ps taken from Ms, and how many of those sat in the kernel.
    pub(crate) taken: AtomicU64,
    pub(crate) taken_blocked: AtomicU64,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Monitor {
    pub(crate) fn new() -> Monitor {
        Monitor {
            nudges: AtomicU32::new(0),
            deep: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            taken: AtomicU64::new(0),
            taken_blocked: AtomicU64::new(0),
            thread: Mutex::new(None),
        }
    }

    /// Wakes it from its deep sleep. Called by whoever takes a P to run it.
    #[inline]
    pub(crate) fn wake(&self) {
        if self.deep.load(SeqCst) {
            self.nudge();
        }
    }

    /// Makes it look now.
    #[cold]
    pub(crate) fn nudge(&self) {
        self.nudges.fetch_add(1, SeqCst);
        futex::wake(&self.nudges, 1);
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, SeqCst);
        self.nudge();
    }

    /// The thread, to be joined at the end; once.
    pub(crate) fn take_thread(&self) -> Option<JoinHandle<()>> {
        self.thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

/// Starts the monitor of `sched`.
pub(crate) fn start(sched: &Arc<Sched>) {
    let its = sched.clone();
    let thread = std::thread::Builder::new()
        .name("gompa-monitor".into())
        .stack_size(256 << 10)
        .spawn(move || {
            let half_done = fatal::AbortOnPanic("gompa: the monitor panicked");
            watch(&its);
            std::mem::forget(half_done);
        })
        .expect("a runtime needs a thread for its monitor");
    *sched
        .monitor
        .thread
        .lock()
        .unwrap_or_else(PoisonError::into_inner) = Some(thread);
}

fn watch(sched: &Sched) {
    let monitor = &sched.monitor;
    let mut threads = Threads::default();
    let mut trace = schedtrace::Tracer::from_env(sched);
    let mut detector = deadlock::Detector::default();
    let (mut pause, mut idle_rounds) = (FASTEST, 0);
    let mut scavenger = Scavenger::new(time::now());
    let mut recorders = Recorders::default();
    let mut stalls = Stalls::default();
    let mut polled = time::now();
    while !monitor.stopped.load(SeqCst) {
        let nudges = monitor.nudges.load(SeqCst);
        futex::wait(&monitor.nudges, nudges, Some(pause));
        let now = time::now();
        sched.set_clock(now);
        trace.line_if_due(sched, now);
        recorders.poke_if_due(sched, now);

        if sched.tend_if_orphaned() {
            return;
        }
        if now.saturating_sub(polled) > SLICE {
            polled = now;
            poll_for_the_busy(sched);
        }
        run_late_timers(sched, now);
        let took = retake::retake(sched, &mut threads, &mut stalls, now);
        stalls.look(sched, now);
        scavenger.work(sched, now);
        if took > 0 {
            (pause, idle_rounds) = (FASTEST, 0);
        } else {
            idle_rounds += 1;
            if idle_rounds > PATIENCE {
                pause = (pause * 2).min(SLOWEST);
            }
        }
        if pause == SLOWEST && all_idle(sched) && !stalls.has_open() {
            deep_sleep(
                sched,
                &mut detector,
                &mut trace,
                &mut scavenger,
                &mut stalls,
            );
            (pause, idle_rounds) = (FASTEST, 0);
            threads.forget();
        }
    }
}

fn all_idle(sched: &Sched) -> bool {
    sched.global.wakes.idle() >= sched.procs.count() && sched.global.len() == 0
}

/// Every P is idle: sleeps until one is not, looking for a deadlock first.
fn deep_sleep(
    sched: &Sched,
    detector: &mut deadlock::Detector,
    trace: &mut schedtrace::Tracer,
    scavenger: &mut Scavenger,
    stalls: &mut Stalls,
) {
    let monitor = &sched.monitor;
    monitor.deep.store(true, SeqCst);
    while all_idle(sched) && !monitor.stopped.load(SeqCst) {
        let nudges = monitor.nudges.load(SeqCst);
        if sched.tend_if_orphaned() {
            break; // to find so again, outside
        }
        let again = detector.look(sched);
        let until = [again, trace.next_due(), scavenger.next_due(sched)]
            .into_iter()
            .flatten()
            .min();
        let left = until.map(|at: Nanos| at.saturating_sub(time::now()).max(1));
        if !all_idle(sched) {
            break;
        }
        futex::wait(&monitor.nudges, nudges, left);
        let now = time::now();
        sched.set_clock(now);
        trace.line_if_due(sched, now);
        scavenger.work(sched, now);
        stalls.look(sched, now);
    }
    monitor.deep.store(false, SeqCst);
    detector.forget();
}

/// Everybody is busy and nobody looks at the sockets.
fn poll_for_the_busy(sched: &Sched) {
    let Some(poller) = Poller::get() else { return };
    if poller.waiters() > 0 && !sched.someone_sleeps_in_poller() {
        let mut wake = |waiter: gompa_park::Unparker| {
            // SAFETY: the poller hands over each claim once.
            unsafe { waiter.unpark() }
        };
        poller.poll(Some(0), &mut wake);
    }
}

/// Timers of a P whose M does not come to the scheduler: somebody idle shall run them (thieves do).
fn run_late_timers(sched: &Sched, now: Nanos) {
    const LATE: Nanos = 100_000;
    if sched.global.wakes.idle() > 0
        && sched.earliest_timer().saturating_add(LATE) < now
        && !sched.wake_sleeper()
    {
        sched.wake_p();
    }
}
