//! What the collector may cost: half of the processors' time, over a window.
//!
//! A memory limit below what is alive would make one cycle follow the other, for ever, and the program
//! would stand still: the death spiral. So there is an account. What the collector uses is paid in,
//! what is left of the processors' time is taken out; it holds a window's worth at most. When it is
//! full the limit is given up until there is room again: no more assists and waits, and a cycle only
//! after the heap has grown a little. That is counted, and told to who asked for it ([`on_limit`]).

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

static ACCOUNT: Lock<Account> = Lock::new(Account {
    fill: 0,
    looked: 0,
    spent: 0,
});

/// In nanoseconds.
struct Account {
    fill: u64,
    /// When it was last looked at, and what had been spent by then.
    looked: u64,
    spent: u64,
}

impl Account {
    /// Up to date; whether it is full, or was and has not been drained by an eighth since.
    fn update(&mut self, now: u64, spent: u64, procs: u64, window: u64, was_full: bool) -> bool {
        let most = window * procs;
        let used = spent.saturating_sub(self.spent);
        let rest = (now.saturating_sub(self.looked) * procs).saturating_sub(used);
        self.fill = (self.fill + used).saturating_sub(rest).min(most);
        (self.looked, self.spent) = (now, spent);
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
    let began = processor_time();
    let result = work();
    let spent = processor_time() - began;
    SPENT.fetch_add(spent, Relaxed);
    (result, spent)
}

/// Nanoseconds that this thread has used.
fn processor_time() -> u64 {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: room for the answer. The clock is always there.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut t) };
    t.tv_sec as u64 * 1_000_000_000 + t.tv_nsec as u64
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
    let now = time::now();
    if account.looked == 0 {
        (account.looked, account.spent) = (now, spent());
    }
    let was_full = was_over_budget();
    let procs = hooks::procs() as u64;
    let is_full = account.update(now, spent(), procs, WINDOW, was_full);
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
    use super::Account;

    #[test]
    fn half_is_free() {
        let mut account = Account {
            fill: 0,
            looked: 0,
            spent: 0,
        };
        // Half of two processors: never full.
        for t in 1..1000 {
            assert!(!account.update(t * 10, t * 10, 2, 100, false));
        }
        assert_eq!(account.fill, 0);
        // Three quarters: full after as long as the window.
        let mut full = 0;
        for t in 1..=30 {
            if !account.update(9990 + t * 10, 9990 + t * 15, 2, 100, false) {
                full = t;
            }
        }
        assert!((18..=21).contains(&full), "{full}");
        // Full until an eighth is drained.
        assert!(account.update(9990 + 310, 9990 + 450, 2, 100, true));
        assert!(!account.update(9990 + 330, 9990 + 450, 2, 100, true));
    }
}
