//! Workers: who drives cycles and marks when mutators have better things to do.
//!
//! There are half as many as there are processors. While a processor is idle they work without a
//! pause; otherwise in bursts, half of the time: a quarter of the processors, as in Go. (Less where it
//! is mutators that have all processors: see [`PAUSE`].) Where a
//! runtime carries the code that asked for the cycle, they are code of that runtime (goroutines);
//! else the first is a thread of the collector's own, which also sees to it that an idle heap is
//! looked at every two minutes. None is needed: see [`pay`].

use super::driver::{self, Step};
use super::mark::{Marker, POOL};
use super::{governor, hooks, pay, request};
use crate::mutator::registry;
use gompa_park::{host, time, waiter};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::time::Duration;

/// Bytes marked in a burst: some 50 microseconds.
const BURST: u64 = 128 << 10;
/// Who waits for the next turn longer than this shares the processor with others. In nanoseconds.
const ALONE: u64 = 5_000;
/// Work between two pauses, at least.
const LEAST: u64 = 20_000;
/// A pause where mutators have all processors: they mark enough themselves. With shorter ones the worst
/// replacements of gcpause took 4 ms and multiples of it. The likely cause, read off these numbers and
/// not traced: a worker that wakes makes the system put two mutators on one processor for a time slice.
const PAUSE: u64 = 1_000_000;

/// First workers: none, or one that drives; more for a moment.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
/// The others, who only mark.
static HELPERS: AtomicUsize = AtomicUsize::new(0);

/// One more in a count, for as long as this lives.
struct Counted(&'static AtomicUsize);

impl Counted {
    fn new(count: &'static AtomicUsize) -> Counted {
        count.fetch_add(1, SeqCst);
        Counted(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Whether a worker will find out by itself that a cycle is wanted.
pub(super) fn is_at_work() -> bool {
    AT_WORK.load(SeqCst) > 0
}

/// Calls the first worker. By the code that wants the cycle, perhaps in an operation: this waits for
/// nobody.
pub(super) fn call() {
    match host::current() {
        Some(_) => host::spawn(Box::new(work)),
        None => request::ring(),
    }
}

/// What the collector's own thread runs, for ever.
pub(super) fn run() {
    loop {
        request::next();
        work();
    }
}

/// Drives cycles until none is wanted.
fn work() {
    loop {
        {
            let _counted = Counted::new(&AT_WORK);
            drive();
        }
        // Who asked before the count was down has not called anybody.
        if !request::is_pending() {
            return;
        }
    }
}

fn drive() {
    let mut breath = Breath::new();
    let mut patience = 0;
    loop {
        let ((step, marked), spent) = governor::metered(step_and_mark);
        match step {
            Step::Idle => return,
            Step::Marking if marked => {
                patience = 0;
                help();
                breath.take(spent);
            }
            Step::Moved => {
                patience = 0;
                breath.take(spent);
            }
            Step::Marking | Step::Waiting | Step::Pinned => rest(&mut patience),
        }
    }
}

/// A step; and some marking, if that is what the cycle is at.
fn step_and_mark() -> (Step, bool) {
    let step = driver::step();
    (step, step == Step::Marking && mark())
}

/// Marks a little, if there is something to mark.
fn mark() -> bool {
    let Some((chunk, cycle)) = POOL.begin() else {
        return false;
    };
    pay::deposit(Marker::new(cycle).drain(chunk, BURST));
    true
}

/// Calls another worker, if there is work for it.
fn help() {
    let most = hooks::procs() / 2;
    if most > 1 && !POOL.is_low() && HELPERS.load(Relaxed) < most - 1 {
        let counted = Counted::new(&HELPERS);
        host::spawn(Box::new(move || {
            let _counted = counted;
            let mut breath = Breath::new();
            loop {
                let (marked, spent) = governor::metered(mark);
                if !marked {
                    return;
                }
                breath.take(spent);
            }
        }));
    }
}

/// Drives until so many cycles are over, marking along: `collect`.
pub(crate) fn drive_until(over: u64) {
    let mut patience = 0;
    while request::cycles() < over {
        let ((step, marked), _) = governor::metered(step_and_mark);
        match step {
            Step::Moved => patience = 0,
            Step::Marking if marked => patience = 0,
            Step::Idle | Step::Marking | Step::Waiting | Step::Pinned => rest(&mut patience),
        }
        if patience == 0 {
            // Others want to run, too, where goroutines share a processor.
            waiter::yield_now();
        }
    }
}

/// One step of waiting for others: for some microseconds in user space, since operations last
/// nanoseconds; then by giving way, for who is waited for may need the processor; then in short
/// sleeps. (The thread sleeps, also under a goroutine: a timer of a scheduler's takes far longer, and
/// the P is handed on if others need it.)
pub(super) fn rest(patience: &mut u32) {
    *patience = patience.saturating_add(1);
    match *patience {
        0..50 => std::hint::spin_loop(),
        50..150 => waiter::yield_now(),
        _ if (*patience).is_multiple_of(2) => waiter::yield_now(),
        _ => std::thread::sleep(Duration::from_micros(50)),
    }
}

/// Sees to it that a worker takes no more than its share from others.
struct Breath {
    /// How often the system has taken the processor from this thread.
    preempted: i64,
    /// Bytes handed out to mutators, by worker record, when last looked at.
    seen: Vec<u64>,
    /// Time used since the last pause.
    used: u64,
}

impl Breath {
    fn new() -> Breath {
        Breath {
            preempted: preempted(),
            seen: Vec::new(),
            used: 0,
        }
    }

    /// After so many nanoseconds of work.
    fn take(&mut self, spent: u64) {
        self.used += spent;
        if self.used < LEAST {
            return;
        }
        let used = std::mem::take(&mut self.used);
        // A worker's share: all of them together have a quarter of the processors.
        let procs = hooks::procs() as u64;
        let workers = (procs / 2).max(1);
        let pause = (used * 4 * workers / procs).saturating_sub(used);
        let began = time::now();
        // In turns with others that the same runtime carries.
        waiter::yield_now();
        let before = std::mem::replace(&mut self.preempted, preempted());
        let is_full = self.busy() as u64 + 1 > procs;
        let is_crowded = is_full
            || time::now() - began > ALONE
            || self.preempted != before
            || governor::was_over_budget();
        let pause = if is_full { PAUSE } else { pause };
        let waited = time::now() - began;
        if is_crowded && waited < pause {
            std::thread::sleep(Duration::from_nanos(pause - waited));
        }
    }

    /// Threads that have allocated since the last look.
    fn busy(&mut self) -> usize {
        let workers = registry::workers();
        let now: Vec<u64> = workers
            .iter()
            .map(|w| w.counts.bytes.load(Relaxed))
            .collect();
        let before = self.seen.iter().chain(std::iter::repeat(&0));
        let busy = now.iter().zip(before).filter(|(now, then)| now != then);
        let busy = busy.count();
        self.seen = now;
        busy
    }
}

/// How often the system has taken the processor from this thread.
fn preempted() -> i64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: room for the answer; zeros are one, too.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_nivcsw
}
