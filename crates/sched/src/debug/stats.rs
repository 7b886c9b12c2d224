//! The scheduler's counters.

use crate::handle::current_sched;
use crate::runtime::Sched;
use crate::trace;
use std::sync::atomic::Ordering::Relaxed;

/// The scheduler at an instant, its parts read one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchedStats {
    /// How many Ps there are.
    pub gomaxprocs: usize,
    /// Ps nobody uses.
    pub idle_procs: usize,
    /// Threads of the scheduler, the monitor not counted.
    pub threads: usize,
    /// Threads that look for work.
    pub spinning_threads: usize,
    /// Whether work found no idle P since a thread last gave up.
    pub need_spinning: bool,
    /// Threads asleep.
    pub idle_threads: usize,
    /// Goroutines in the global queue.
    pub global_queue: usize,
    /// Goroutines in each P's ring (`runnext` not counted).
    pub local_queues: Vec<usize>,
    /// Each P.
    pub procs: Vec<ProcStats>,
    /// Goroutines there are.
    pub goroutines: usize,
    /// Goroutines of the runtime's own ([`go_system`](super::go_system)); not among the others.
    pub system_goroutines: usize,
    /// How long goroutines waited in a queue, from runnable to running; of a sample (see
    /// [`trace`]).
    pub latency: trace::Histogram,
    /// Goroutines started since the beginning.
    pub spawned: u64,
    /// Ps the monitor took from goroutines that kept them.
    pub handoffs: u64,
    /// Of those: taken from threads asleep in the kernel.
    pub handoffs_blocked: u64,
    /// Goroutines waiting for sockets, in the whole process.
    pub netpoll_waiters: usize,
}

/// A P at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcStats {
    /// Nobody uses it.
    pub idle: bool,
    /// Goroutines in its ring.
    pub queue: usize,
    /// Somebody is in `runnext`.
    pub has_next: bool,
    /// Time slices begun here.
    pub sched_ticks: u32,
    /// Goroutines switched to.
    pub switches: u64,
    /// Goroutines started here.
    pub spawned: u64,
    /// Times this P stole from another.
    pub steals: u64,
    /// Declared blocking calls begun here.
    pub blocking_calls: u64,
    /// Timers in its heap.
    pub timers: usize,
    /// Timers run here.
    pub timers_fired: u64,
}

impl SchedStats {
    pub(crate) fn of(sched: &Sched) -> SchedStats {
        let procs: Vec<ProcStats> = sched
            .procs
            .iter()
            .map(|p| ProcStats {
                idle: p.idle.load(Relaxed),
                queue: p.queue.len() as usize,
                has_next: !p.queue.peek_next().is_null(),
                sched_ticks: p.tick(),
                switches: p.counts.switches.get(),
                spawned: p.counts.spawned.get(),
                steals: p.counts.steals.get(),
                blocking_calls: p.counts.blocking_calls.get(),
                timers: p.timers.len(),
                timers_fired: p.counts.timers_fired.get(),
            })
            .collect();
        SchedStats {
            gomaxprocs: procs.len(),
            idle_procs: sched.global.wakes.idle(),
            threads: sched.machines.count(),
            spinning_threads: sched.global.wakes.spinning(),
            need_spinning: sched.global.wakes.is_needed(),
            idle_threads: sched.global.lock().idle_ms()
                + usize::from(sched.someone_sleeps_in_poller()),
            global_queue: sched.global.len(),
            local_queues: procs.iter().map(|p| p.queue).collect(),
            goroutines: sched.user_goroutines() as usize,
            system_goroutines: sched.system.load(Relaxed) as usize,
            latency: trace::Histogram::of(sched.procs.iter_all().map(|p| &p.latency)),
            spawned: procs.iter().map(|p| p.spawned).sum::<u64>()
                + sched.outside_spawned.load(Relaxed),
            handoffs: sched.monitor.taken.load(Relaxed),
            handoffs_blocked: sched.monitor.taken_blocked.load(Relaxed),
            netpoll_waiters: crate::netpoll::Poller::get().map_or(0, |p| p.waiters()),
            procs,
        }
    }
}

/// The threads of a runtime.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Threads {
    /// How many there have been that run goroutines.
    pub made: u32,
    /// The kernel's ids of those there are.
    pub ids: Vec<u32>,
}

/// The threads of every runtime of the process.
pub fn threads() -> Vec<Threads> {
    let census = |s: &std::sync::Arc<Sched>| s.machines.census();
    let all = crate::deadlock::runtimes();
    let all = all.iter().map(census);
    all.map(|(made, ids)| Threads { made, ids }).collect()
}

/// The counters of the runtime of the code that runs here (on a plain thread: of the process-wide
/// one).
pub fn sched_stats() -> SchedStats {
    SchedStats::of(current_sched())
}
