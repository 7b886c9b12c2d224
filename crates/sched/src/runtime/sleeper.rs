//! The sleeper: the one M that sleeps in the poller, until the earliest timer or a socket.

use crate::netpoll::Poller;
use gompa_park::futex;
use gompa_park::time::{self, NEVER, Nanos};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// Naps of a sleeper that cannot get into the poller: how long at most.
const NAP: Nanos = 10_000_000;

/// See the [module](self).
pub(crate) struct Sleeper {
    /// There is one. Taken by compare-and-swap, given back by the sleeper.
    claimed: AtomicBool,
    /// Until when it sleeps. Written by the sleeper; 0 while there is none.
    until: AtomicU64,
    /// Goes up when it shall wake: what a napping one waits on.
    rings: AtomicU32,
}

impl Sleeper {
    pub(crate) const fn new() -> Self {
        Sleeper {
            claimed: AtomicBool::new(false),
            until: AtomicU64::new(0),
            rings: AtomicU32::new(0),
        }
    }

    /// How often it has been woken: read before claiming, to know later whether we were.
    pub(crate) fn rings(&self) -> u32 {
        self.rings.load(SeqCst)
    }

    pub(crate) fn try_claim(&self) -> bool {
        !self.claimed.load(SeqCst) && !self.claimed.swap(true, SeqCst)
    }

    pub(crate) fn is_claimed(&self) -> bool {
        self.claimed.load(SeqCst)
    }

    pub(crate) fn announce(&self, until: Nanos) {
        self.until.store(until, SeqCst);
    }

    pub(crate) fn release(&self) {
        self.until.store(0, SeqCst);
        self.claimed.store(false, SeqCst);
    }

    /// Whether there is one and it sleeps longer than until `when`.
    pub(crate) fn sleeps_past(&self, when: Nanos) -> bool {
        self.until.load(SeqCst) > when
    }

    /// Wakes it. False: there is none.
    pub(crate) fn wake(&self) -> bool {
        if !self.is_claimed() {
            return false;
        }
        self.rings.fetch_add(1, SeqCst);
        futex::wake(&self.rings, 1);
        if let Some(poller) = Poller::get() {
            poller.wake();
        }
        true
    }

    /// The sleeper, where the poller is taken: sleeps a little, until `deadline` or until woken since
    /// it read `rings`.
    pub(crate) fn nap(&self, rings: u32, deadline: Nanos) {
        let left = match deadline {
            NEVER => NAP,
            at => at.saturating_sub(time::now()).min(NAP),
        };
        if left > 0 {
            futex::wait(&self.rings, rings, Some(left));
        }
    }
}
