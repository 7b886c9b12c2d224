//! What the collector may cost: half of the processors' time, over a window.
//!
//! A memory limit below what is alive would make one cycle follow the other, for ever, and the program
//! would stand still: the death spiral. So there is an account. What the collector uses is paid in;
//! what the rest of the process uses, and what processors are idle, is taken out; it holds a window's
//! worth at most. When it is full the limit is given up until there is room again: no more assists and
//! waits, and a cycle only after the heap has grown a little. That is counted, and told to who asked
//! for it ([`on_limit`]).
//!
//! Go takes all time out that the collector has not used. On a machine that is busy elsewhere there is
//! little to use: a program there would be in the spiral, and nobody would notice.

use super::{cleanup, hooks, pacer};
use gompa_park::lock::real::Lock;
use gompa_park::time;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

/// A second of each processor's, as in Go.
const WINDOW: u64 = 1_000_000_000;
/// Nanoseconds of processor time that the collector has used, workers and assists.
static SPENT: AtomicU64 = AtomicU64::new(0);
/// The account is full.
static OVER_BUDGET: AtomicBool = AtomicBool::new(false);
/// How often a limit was given up.
static GIVEN_UP: AtomicU64 = AtomicU64::new(0);

/// Nanoseconds between two looks, at least.
const OFTEN: u64 = 10_000_000;

static ACCOUNT: Lock<Account> = Lock::new(Account {
    fill: 0,
    last: None,
});

/// In nanoseconds.
struct Account {
    fill: u64,
    last: Option<Clocks>,
}

/// In nanoseconds, each from some beginning.
#[derive(Clone, Copy)]
struct Clocks {
    wall: u64,
    /// Processor time: the collector's, the whole process's, nobody's.
    spent: u64,
    process: u64,
    idle: u64,
}

impl Clocks {
    fn read() -> Clocks {
        Clocks {
            wall: time::now(),
            spent: spent(),
            process: clock(libc::CLOCK_PROCESS_CPUTIME_ID),
            idle: idle(),
        }
    }
}

impl Account {
    /// Up to date; whether it is full, or was and has not been drained by an eighth since.
    fn update(&mut self, now: Clocks, procs: u64, window: u64, was_full: bool) -> bool {
        let most = window * procs;
        let last = self.last.replace(now).unwrap_or(now);
        let used = now.spent.saturating_sub(last.spent);
        let process = now.process.saturating_sub(last.process);
        let all = now.wall.saturating_sub(last.wall) * procs;
        let idle = now.idle.saturating_sub(last.idle);
        // Idle processors are ours as far as we may use more of them.
        let rest = process.saturating_sub(used) + idle.min(all.saturating_sub(process));
        self.fill = (self.fill + used).saturating_sub(rest).min(most);
        self.fill >= if was_full { most / 8 * 7 } else { most }
    }
}

/// The memory limit was given up: keeping to it would have cost more than half of the processors'
/// time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitExceeded {
    /// The limit, in bytes: what [`set_memory_limit`](crate::set_memory_limit) or `GOMEMLIMIT` set,
    /// or what the process's cgroup leaves to the heap.
    pub limit: u64,
    /// What is alive, as far as is known, in bytes.
    pub heap: u64,
}

type Callback = Arc<dyn Fn(LimitExceeded) + Send + Sync>;

static CALLBACKS: Mutex<Vec<Callback>> = Mutex::new(Vec::new());

/// Calls `f` each time the collector gives the memory limit up because it cannot be kept with half of
/// the processors' time: a service may then refuse work or drop what it can do without. The limit
/// holds again when there has been some time without collection; [`MemStats::limits_given_up`]
/// counts.
///
/// `f` runs on the collector's cleanup thread, as destructors do, for the rest of the process's life;
/// a panic in it is counted, not passed on.
///
/// [`MemStats::limits_given_up`]: crate::MemStats::limits_given_up
pub fn on_limit(f: impl Fn(LimitExceeded) + Send + Sync + 'static) {
    callbacks().push(Arc::new(f));
}

fn callbacks() -> std::sync::MutexGuard<'static, Vec<Callback>> {
    CALLBACKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does some of the collector's work, without waiting; and what it has used of a processor, in
/// nanoseconds.
pub(super) fn metered<R>(work: impl FnOnce() -> R) -> (R, u64) {
    let began = clock(libc::CLOCK_THREAD_CPUTIME_ID);
    let result = work();
    let spent = clock(libc::CLOCK_THREAD_CPUTIME_ID) - began;
    SPENT.fetch_add(spent, Relaxed);
    (result, spent)
}

/// Nanoseconds of one of the clocks that every Linux has.
fn clock(which: libc::clockid_t) -> u64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: room for the answer.
    unsafe { libc::clock_gettime(which, &raw mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
}

/// Nanoseconds that processors have been idle, all together, in steps of ten milliseconds; 0 if that is
/// not to be known.
fn idle() -> u64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    // cpu user nice system idle iowait ...
    let mut words = stat.split_ascii_whitespace().skip(4).take(2);
    let mut ticks = || words.next().and_then(|word| word.parse::<u64>().ok());
    (ticks().unwrap_or(0) + ticks().unwrap_or(0)) * 10_000_000
}

/// What it has used so far, in nanoseconds.
pub(crate) fn spent() -> u64 {
    SPENT.load(Relaxed)
}

/// How often a limit was given up.
pub(crate) fn given_up() -> u64 {
    GIVEN_UP.load(Relaxed)
}

/// Whether it has used more than its share, as it was when somebody last looked.
#[inline]
pub(super) fn was_over_budget() -> bool {
    OVER_BUDGET.load(Relaxed)
}

/// Whether it has used more than its share.
pub(super) fn is_over_budget() -> bool {
    let mut account = ACCOUNT.lock();
    let was_full = was_over_budget();
    if account
        .last
        .is_some_and(|last| time::now() - last.wall < OFTEN)
    {
        return was_full;
    }
    let procs = hooks::procs() as u64;
    let is_full = account.update(Clocks::read(), procs, WINDOW, was_full);
    OVER_BUDGET.store(is_full, Relaxed);
    drop(account);
    if is_full
        && !was_full
        && let Some(by) = pacer::exceeded()
    {
        GIVEN_UP.fetch_add(1, Relaxed);
        let (limit, heap) = (by.limit, by.heap);
        for f in callbacks().iter().cloned() {
            cleanup::run_soon(move || f(LimitExceeded { limit, heap }));
        }
    }
    is_full
}

/// Another limit holds: what the last one has cost is forgotten.
pub(super) fn begin_anew() {
    ACCOUNT.lock().fill = 0;
    OVER_BUDGET.store(false, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::{Account, Clocks};

    #[test]
    fn half_is_free() {
        // In a machine with two processors, both ours: half of the time is the collector's, whether
        // the rest is used or idle.
        for used in [0, 5, 10] {
            let mut account = Account {
                fill: 0,
                last: None,
            };
            for t in 1..1000 {
                let now = Clocks {
                    wall: t * 10,
                    spent: t * 10,
                    process: t * (10 + used),
                    idle: t * (10 - used),
                };
                assert!(!account.update(now, 2, 100, false));
            }
            assert_eq!(account.fill, 0);
        }
    }

    #[test]
    fn more_than_half_fills_it() {
        let mut account = Account {
            fill: 0,
            last: None,
        };
        // Others have all but a tenth of one processor; three quarters of that is the collector's.
        let at = |t, spent| Clocks {
            wall: t * 1000,
            spent,
            process: t * 100,
            idle: 0,
        };
        let full = (0..).find(|t| account.update(at(*t, t * 75), 2, 1000, false));
        assert_eq!(full, Some(2000 / 50));
        // Full until an eighth is drained.
        assert!(account.update(at(41, 3000), 2, 1000, true));
        assert!(account.update(at(42, 3000), 2, 1000, true));
        assert!(!account.update(at(43, 3000), 2, 1000, true));
    }
}
