//! Deadlock: every goroutine is asleep and nothing is left that could wake one.
//!
//! The monitor looks when every P of its runtime is idle. There is a deadlock if, in *every* runtime
//! of the process,
//! - every P is idle, no queue holds anything, and no M carries a goroutine (one in a blocking call
//!   would wake others);
//! - no goroutine waits for a socket (but those of who looks, see [`debug::go_system`]), no timer is
//!   pending;
//!
//! and no other thread of the process could wake one: each either waits through
//! [`gompa_park`], with no deadline, or is a monitor or M. A thread that does anything else (sleeps,
//! reads, computes) may have a sender in its hands, so it counts as one that still might.
//!
//! Two looks, some milliseconds apart, must find the same: counters have not moved. Then the process
//! ends with Go's text, a dump of every goroutine, and exit status 2. Part of the goroutines alone
//! is never reported, as in Go.

use crate::debug;
use crate::fatal;
use crate::netpoll::Poller;
use crate::runtime::Sched;
use gompa_park::lock::real::Lock;
use gompa_park::time::{self, Nanos};
use gompa_park::{thread, timer};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};

/// Time between the two looks.
const CERTAINTY: Nanos = 5_000_000;
/// When what speaks against it may end without our monitor's knowing, look again.
const AGAIN: Nanos = 500_000_000;

/// All runtimes of the process.
static RUNTIMES: Lock<Vec<Weak<Sched>>> = Lock::new(Vec::new());

/// A runtime begins.
pub(crate) fn register(sched: &Arc<Sched>) {
    let mut all = RUNTIMES.lock();
    all.retain(|s| s.strong_count() > 0);
    all.push(Arc::downgrade(sched));
}

/// Those that there are.
pub(crate) fn runtimes() -> Vec<Arc<Sched>> {
    RUNTIMES.lock().iter().filter_map(Weak::upgrade).collect()
}

/// What the monitor remembers between two looks.
#[derive(Default)]
pub(crate) struct Detector {
    /// A state in which nothing can happen, and when it was first seen.
    suspicion: Option<(Stillness, Nanos)>,
}

/// Sums that move whenever anything does.
#[derive(Clone, PartialEq, Eq)]
struct Stillness {
    switches: u64,
    goroutines: u64,
}

/// What speaks against a deadlock.
enum Verdict {
    /// Nothing.
    Still(Stillness),
    /// Something that is not of this runtime: threads, other runtimes, timers of threads.
    Others,
    /// Something of this runtime, whose end its monitor will learn of.
    Alive,
}

impl Detector {
    /// Looks once. Returns when to look again, if that is of use. Does not return from a deadlock.
    pub(crate) fn look(&mut self, sched: &Sched) -> Option<Nanos> {
        let now = time::now();
        match judge(sched) {
            Verdict::Alive => {
                self.suspicion = None;
                None
            }
            Verdict::Others => {
                self.suspicion = None;
                Some(now + AGAIN)
            }
            Verdict::Still(state) => match &self.suspicion {
                Some((before, since)) if *before == state => {
                    if now.saturating_sub(*since) < CERTAINTY {
                        return Some(since + CERTAINTY);
                    }
                    fatal::error(sched, "", "all goroutines are asleep - deadlock!")
                }
                _ => {
                    self.suspicion = Some((state, now));
                    Some(now + CERTAINTY)
                }
            },
        }
    }

    pub(crate) fn forget(&mut self) {
        self.suspicion = None;
    }
}

fn judge(own: &Sched) -> Verdict {
    let runtimes = runtimes();
    let mut state = Stillness {
        switches: 0,
        goroutines: 0,
    };
    let mut threads = 0;
    let mut own_waiters = 0;
    for sched in &runtimes {
        if sched.is_closing() || !is_still(sched) {
            let ours = std::ptr::eq(&raw const **sched, own);
            return if ours {
                Verdict::Alive
            } else {
                Verdict::Others
            };
        }
        state.goroutines += sched.user_goroutines();
        own_waiters += debug::system::waiting_for_sockets(sched);
        state.switches += sched
            .procs
            .iter_all()
            .map(|p| p.counts.switches.get())
            .sum::<u64>();
        threads += sched.machines.count() + 1;
    }
    if state.goroutines == 0 {
        return Verdict::Alive;
    }
    if Poller::get().map_or(0, Poller::waiters) > own_waiters {
        // Of this runtime, if there is no other.
        return if runtimes.len() == 1 {
            Verdict::Alive
        } else {
            Verdict::Others
        };
    }
    if timer::fallback_pending() {
        return Verdict::Others;
    }
    threads += usize::from(timer::fallback_started());
    match threads_of_process() {
        Some(n) if n <= threads + thread::asleep_for_good() => Verdict::Still(state),
        _ => Verdict::Others,
    }
}

/// Nothing in this runtime will do anything by itself.
fn is_still(sched: &Sched) -> bool {
    if sched.global.wakes.idle() < sched.procs.count() || sched.global.len() != 0 {
        return false;
    }
    let mut carried = false;
    sched
        .machines
        .for_each(|m| carried |= !m.running.load(SeqCst).is_null());
    if carried {
        return false;
    }
    sched.procs.iter_all().all(|p| {
        p.timers.sweep(); // the dead ones do not count
        p.has_no_work() && p.timers.is_empty()
    })
}

/// How many threads the kernel counts.
fn threads_of_process() -> Option<usize> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold anything; num_threads is the 18th field after it.
    stat.rsplit_once(')')?
        .1
        .split_ascii_whitespace()
        .nth(17)?
        .parse()
        .ok()
}
