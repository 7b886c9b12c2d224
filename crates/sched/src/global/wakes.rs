//! The counters by which those who make work and those who look for it find each other. The
//! protocol, and why no wake-up is lost, is in `README.md` of [`crate::find`].

use crossbeam_utils::CachePadded;
use gompa_park::sync::atomic::Ordering::{Relaxed, SeqCst};
use gompa_park::sync::atomic::{AtomicBool, AtomicUsize};

/// See the [module](self). Every step is sequentially consistent. (Loom takes that for acquire and
/// release; hence the fences of [`model_fence`].)
pub(crate) struct Wakes {
    /// Ps on the idle list. Written under the global lock.
    idle: CachePadded<AtomicUsize>,
    /// Ms that look for work and have none; and submitters about to wake one.
    spinning: CachePadded<AtomicUsize>,
    /// Somebody wanted to wake an M and found no idle P: the next M that is about to give its P up
    /// looks around once more.
    needed: AtomicBool,
}

impl Wakes {
    pub(crate) fn new() -> Self {
        Wakes {
            idle: CachePadded::new(AtomicUsize::new(0)),
            spinning: CachePadded::new(AtomicUsize::new(0)),
            needed: AtomicBool::new(false),
        }
    }

    /// How many Ps are on the idle list.
    #[inline]
    pub(crate) fn idle(&self) -> usize {
        self.idle.load(SeqCst)
    }

    /// Under the global lock: so many are there now.
    pub(crate) fn set_idle(&self, n: usize) {
        self.idle.store(n, SeqCst);
        model_fence();
    }

    /// How many look for work.
    #[inline]
    pub(crate) fn spinning(&self) -> usize {
        self.spinning.load(SeqCst)
    }

    /// Whether the next M that is about to give up shall look once more.
    pub(crate) fn is_needed(&self) -> bool {
        self.needed.load(SeqCst)
    }

    /// Work has appeared. True: somebody should be woken for it, if [`claim`](Self::claim) says so,
    /// too.
    #[inline]
    pub(crate) fn want_somebody(&self) -> bool {
        model_fence();
        if self.spinning.load(SeqCst) != 0 {
            return false;
        }
        if self.idle.load(SeqCst) == 0 {
            if self.needed.load(SeqCst) {
                return false;
            }
            self.needed.store(true, SeqCst);
            model_fence();
            // An M that gave up before it could see that has listed its P by now.
            if self.idle.load(SeqCst) == 0 {
                return false;
            }
        }
        true
    }

    /// True: nobody looked. The caller counts as looking from here on, on behalf of an M that it now
    /// wakes or starts; or it [calls it off](Self::call_off).
    pub(crate) fn claim(&self) -> bool {
        self.spinning
            .compare_exchange(0, 1, SeqCst, Relaxed)
            .is_ok()
    }

    /// Under the global lock: no M is woken after all. `no_p`: since no P is idle.
    ///
    /// Under the lock, since others may have relied on the caller's looking: whoever comes in place
    /// of the one that is not woken takes that lock first, and finds their work.
    pub(crate) fn call_off(&self, no_p: bool) {
        if no_p {
            self.needed.store(true, SeqCst);
        }
        self.spinning.fetch_sub(1, SeqCst);
    }

    /// One more looks.
    pub(crate) fn start_spinning(&self) {
        self.spinning.fetch_add(1, SeqCst);
    }

    /// One less looks. Whether it has found something or not, it looks after this to see whether
    /// there is work that others left to it.
    pub(crate) fn stop_spinning(&self) {
        self.spinning.fetch_sub(1, SeqCst);
        model_fence();
    }

    /// Whoever has listed an idle P, or is about to: whether to look once more.
    pub(crate) fn take_need(&self) -> bool {
        self.needed.swap(false, SeqCst)
    }
}

/// Makes the model's memory as strong as sequential consistency between what is before and after.
#[inline(always)]
fn model_fence() {
    #[cfg(loom)]
    gompa_park::sync::atomic::fence(SeqCst);
}
