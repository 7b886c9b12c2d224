//! Goroutines that hold their thread and have lost their P for it: how long, and with which stack.
//!
//! ```text
//!   P taken --> WATCHED --- 10 ms since it had the P ---> STALLED (stack taken, counted)
//!                  |                                         |
//!                  +---- back in the runtime ----> gone <----+  (its time is added)
//! ```
//! The stack is the culprit's at that moment:
//! - A thread that computes is sent a signal (`SIGURG`, Go's choice: ignored by default, and spurious
//!   ones are expected); its handler walks the stack, allocates nothing, takes no lock. See [`ask`].
//! - A thread asleep in the kernel is left alone: a signal would cut its system call short. The kernel
//!   tells its stack pointer, and the stack is walked from here. See [`peek`].
//!
//! Both may fail (the thread wakes up just then, or blocks the signal); the stall counts all the same.

mod ask;
mod peek;

use super::SLICE;
use crate::debug::stalls::{self, Stall};
use crate::goroutine::{G, GoroutineId};
use crate::machine::M;
use crate::runtime::Sched;
use gompa_park::time::Nanos;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Acquire;
use std::time::Duration;

/// A goroutine without its P.
struct Held {
    m: NonNull<M>,
    g: NonNull<G>,
    id: u64,
    /// When it was first seen with the P.
    since: Nanos,
    asleep: bool,
    /// The site, once it is a stall.
    site: Option<usize>,
}

/// The monitor's.
#[derive(Default)]
pub(super) struct Stalls {
    held: Vec<Held>,
}

impl Stalls {
    /// The P of `m` was taken.
    pub(super) fn taken(&mut self, m: &M, since: Nanos, asleep: bool) {
        let Some(g) = NonNull::new(m.running.load(Acquire)) else {
            return;
        };
        self.held.push(Held {
            m: NonNull::from(m),
            g,
            // SAFETY: type-stable memory.
            id: unsafe { g.as_ref() }.id(),
            since,
            asleep,
            site: None,
        });
    }

    /// Whether somebody is watched who may become a stall.
    pub(super) fn has_open(&self) -> bool {
        self.held.iter().any(|h| h.site.is_none())
    }

    /// Looks at those that are watched.
    pub(super) fn look(&mut self, sched: &Sched, now: Nanos) {
        if self.held.is_empty() {
            return;
        }
        // The thread of each that is still at it. What takes longer comes after the list's lock.
        let mut there = vec![None; self.held.len()];
        sched.machines.for_each(|m| {
            for (held, there) in self.held.iter().zip(&mut there) {
                // An M that has ended is not on the list.
                if std::ptr::eq(m, held.m.as_ptr()) && held.is_still_at_it(m) {
                    *there = Some(m.tid);
                }
            }
        });
        let mut there = there.into_iter();
        self.held.retain_mut(|held| {
            let tid = there.next().flatten();
            match (tid, held.site) {
                (Some(tid), _) => held.look(tid, now),
                (None, Some(site)) => {
                    stalls::end(site, Duration::from_nanos(now.saturating_sub(held.since)));
                }
                (None, None) => {}
            }
            tid.is_some()
        });
    }
}

impl Held {
    /// It has not been in the runtime since.
    fn is_still_at_it(&self, m: &M) -> bool {
        // SAFETY: type-stable memory.
        let id = unsafe { self.g.as_ref() }.id();
        m.tenure.is_revoked() && m.running.load(Acquire) == self.g.as_ptr() && id == self.id
    }

    /// `tid` is its thread, or was a moment ago.
    fn look(&mut self, tid: u32, now: Nanos) {
        if self.site.is_some() || now.saturating_sub(self.since) < SLICE {
            return;
        }
        // SAFETY: type-stable memory.
        let g = unsafe { self.g.as_ref() };
        let (Some(goroutine), Some(created_at)) = (GoroutineId::new(self.id), g.created_at())
        else {
            return;
        };
        let frames = if self.asleep {
            peek::frames(tid)
        } else {
            ask::frames(tid, self.id)
        };
        self.site = Some(stalls::begin(Stall {
            frames: frames.unwrap_or_default(),
            asleep: self.asleep,
            ..Stall::unknown(goroutine, created_at)
        }));
    }
}
