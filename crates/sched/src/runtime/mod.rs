//! A runtime: what its Ms, its monitor and the outside share, and how it begins and ends.
//!
//! - [`sched`](self): [`Sched`], the shared state.
//! - [`builder`]: [`Builder`]; [`run`](builder::run).
//! - [`procs`]: the Ps, their number changeable.
//! - [`sleeper`]: the one M that sleeps in the poller.
//! - [`shutdown`]: the end.
//!
//! # States
//! ```text
//!   OPEN --> CLOSING --> STOPPED
//! ```
//! CLOSING: waits end (see [`gompa_park::Wake::Interrupted`]), so that every goroutine unwinds;
//! fresh goroutines end without having run. STOPPED: there are no goroutines any more; Ms end.

mod builder;
mod outside;
pub(crate) mod procs;
mod shutdown;
mod sleeper;

pub use builder::{Builder, Runtime, run};
pub(crate) use builder::{Config, default_runtime};

use crate::global::{Global, List};
use crate::goroutine::G;
use crate::goroutine::slab::Slab;
use crate::machine::{M, Machines};
use crate::monitor::Monitor;
use crate::processor::P;
use crate::stack::pool::Pool;
use crate::switch;
use gompa_park::time::{self, Nanos};
use gompa_park::timer::Timers;
use procs::Procs;
use sleeper::Sleeper;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Acquire, Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::{Arc, Weak};

const OPEN: u8 = 0;
const CLOSING: u8 = 1;
const STOPPED: u8 = 2;

/// What a runtime's parties share.
pub(crate) struct Sched {
    /// Itself, for new Ms.
    me: Weak<Sched>,
    pub(crate) config: Config,
    /// The layout of goroutines' thread-local blocks; `None`: they use their carriers'.
    pub(crate) layout: Option<&'static switch::Layout>,
    pub(crate) slab: Slab,
    pub(crate) stacks: Pool,
    pub(crate) global: Global,
    pub(crate) procs: Procs,
    pub(crate) machines: Machines,
    pub(crate) monitor: Monitor,
    pub(crate) sleeper: Sleeper,
    /// OPEN, CLOSING, STOPPED.
    state: AtomicU8,
    /// CLOSING, and whoever dropped the runtime does not wait for it any more.
    orphaned: AtomicBool,
    /// The time, as the monitor last saw it.
    clock: AtomicU64,
    /// Goroutines made and ended where no P was held.
    pub(crate) outside_spawned: AtomicU64,
    pub(crate) outside_ended: AtomicU64,
    /// Of the goroutines, the runtime's own.
    pub(crate) system: AtomicU64,
    /// When it began.
    pub(crate) started: Nanos,
}

// SAFETY: raw pointers inside (of Ps, Ms, goroutines) are to things of the runtime, used by the
// rules of their modules.
unsafe impl Send for Sched {}
// SAFETY: as above.
unsafe impl Sync for Sched {}

impl Sched {
    #[inline]
    pub(crate) fn is_closing(&self) -> bool {
        self.state.load(Acquire) != OPEN
    }

    #[inline]
    pub(crate) fn is_stopped(&self) -> bool {
        self.state.load(Acquire) == STOPPED
    }

    /// Another owner of it.
    pub(crate) fn strong(&self) -> Arc<Sched> {
        self.me
            .upgrade()
            .expect("whoever calls its methods keeps it")
    }

    /// The time, some milliseconds old at the worst; see [`crate::monitor`].
    #[inline]
    pub(crate) fn clock(&self) -> Nanos {
        self.clock.load(Relaxed)
    }

    pub(crate) fn set_clock(&self, now: Nanos) {
        self.clock.store(now, Relaxed);
    }

    /// The time as far as the timers of `p` care: 0 if there are none.
    #[inline]
    pub(crate) fn timer_clock(&self, p: &P) -> Nanos {
        if p.timers.next() == time::NEVER {
            0
        } else {
            time::now()
        }
    }

    /// The heap for a wait that begins on `m`.
    pub(crate) fn timers_of(&self, m: &M) -> &Timers {
        match m.p() {
            // SAFETY: Ps live as long as their runtime, and so do their heaps.
            Some(p) => unsafe { &*Arc::as_ptr(&p.timers) },
            None => &self.procs.get(0).timers,
        }
    }

    /// The heap for a timer that is started on `m`.
    pub(crate) fn timers_arc(&self, m: &M) -> Arc<Timers> {
        m.p().unwrap_or(self.procs.get(0)).timers.clone()
    }

    /// The earliest timer of all Ps.
    pub(crate) fn earliest_timer(&self) -> Nanos {
        self.procs
            .iter()
            .map(|p| p.timers.next())
            .min()
            .unwrap_or(time::NEVER)
    }

    /// A timer at `when` is the earliest of its heap: nobody may sleep past it.
    pub(crate) fn timer_became_earliest(&self, when: Nanos) {
        if self.sleeper.sleeps_past(when) {
            self.wake_sleeper();
        }
    }

    /// Wakes the M in the poller. False: there is none.
    pub(crate) fn wake_sleeper(&self) -> bool {
        self.sleeper.wake()
    }

    pub(crate) fn someone_sleeps_in_poller(&self) -> bool {
        self.sleeper.is_claimed()
    }

    /// Puts a goroutine into the ring of `p`, which the caller holds; what does not fit goes to the
    /// global queue.
    #[inline]
    pub(crate) fn put_local(&self, p: &P, g: NonNull<G>) {
        if let Err(overflow) = p.queue.put(g) {
            let mut list = List::new();
            for g in &overflow.0[..overflow.1] {
                list.push(NonNull::new(*g).expect("slots in use are not null"));
            }
            self.global.push_list(list);
        }
    }

    /// Goroutines there are but the runtime's own.
    pub(crate) fn user_goroutines(&self) -> u64 {
        let system = self.system.load(SeqCst);
        self.goroutines().saturating_sub(system)
    }

    /// Goroutines there are. At the least those there were all the time: 0 means that none is left,
    /// unless somebody who is no goroutine starts one.
    pub(crate) fn goroutines(&self) -> u64 {
        // Ended ones first: a goroutine that ends meanwhile is counted rather than missed. (Whoever
        // sees it ended sees it started, and whom it started: the counters release and acquire.)
        let mut ended = self.outside_ended.load(SeqCst);
        ended += self
            .procs
            .iter_all()
            .map(|p| p.counts.ended.get())
            .sum::<u64>();
        let mut spawned = self.outside_spawned.load(SeqCst);
        spawned += self
            .procs
            .iter_all()
            .map(|p| p.counts.spawned.get())
            .sum::<u64>();
        spawned.saturating_sub(ended)
    }
}

impl std::fmt::Debug for Sched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        crate::debug::SchedStats::of(self).fmt(f)
    }
}
