//! A timer's state: what its handles, its heap and a run share.
//!
//! Its states, with what its heap holds:
//!
//! ```text
//!                start, reset                   run, due, one-shot
//!   IDLE ------------------------> PENDING ----------------------------> IDLE (callback runs)
//!   no entry                       entry, `when` at or before ours
//!     ^                             | ^
//!     | popped or swept        stop | | reset, not before the entry
//!     |                             v |
//!     +---------------------------- STOPPED
//!                                   entry, a zombie
//! ```
//! A reset to before its entry's time abandons that entry (it is dead, known by its generation) and
//! inserts another. Reset to a later time does not touch the heap: the entry is found early when it
//! comes up, and goes back in.
//!
//! Lock order: the timer's, then a heap's. A sweep holds a heap's and only *tries* the timer's.

use super::entry::{Entry, LATEST};
use super::handle::Fired;
use super::timers::{Inserted, Timers};
use crate::lock::Lock;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::time::{NEVER, Nanos};
use std::ptr::NonNull;
use std::sync::Arc;

/// What a heap's entry points to. Aligned for [`Entry`]'s sake.
#[repr(align(16))]
pub(super) struct Inner {
    state: Lock<State>,
    /// Raised, under the state's lock, by every stop and reset. Read without it.
    seq: AtomicU32,
    callback: Callback,
}

pub(super) type Callback = Box<dyn Fn(Fired<'_>) + Send + Sync>;

struct State {
    /// When it is due; [`NEVER`]: it is not pending.
    when: Nanos,
    /// Between one time and the next; 0: once.
    period: Nanos,
    /// The heap that holds our entry, if one does.
    home: Option<Arc<Timers>>,
    /// That entry's generation: entries of others are abandoned.
    generation: u32,
    /// That entry's time: never after `when`.
    entry_when: Nanos,
}

/// What is left to do once a timer has been set: to tell a sleeper that a time became earlier, and
/// to drop what a sweep released. Both happen when this is dropped, and both may enter a scheduler or
/// run anybody's code: so whoever sets a timer under a lock drops this after the lock.
#[must_use = "to be dropped with no lock held"]
#[derive(Default)]
pub struct Aftermath {
    tell: Option<(Arc<Timers>, Nanos)>,
    /// Kept to be dropped, as what follows.
    abandoned: Option<Arc<Timers>>,
    inserted: Inserted,
}

impl Drop for Aftermath {
    fn drop(&mut self) {
        if let Some((home, when)) = &self.tell {
            home.tell_earlier(*when);
        }
    }
}

impl std::fmt::Debug for Aftermath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Aftermath").finish_non_exhaustive()
    }
}

/// What a due entry asks for.
pub(super) enum Due<'a> {
    /// Call the callback with this.
    Fire(Fired<'a>),
    /// The timer was postponed; its entry is in the heap again.
    Postponed,
    /// The timer was stopped, or the entry abandoned.
    Dead,
}

/// What a sweep thinks of an entry.
pub(super) enum Judgement {
    /// It stays, with this time.
    Live(Nanos),
    /// It goes.
    Dead,
}

impl Inner {
    pub(super) fn new(callback: Callback) -> Inner {
        Inner {
            state: Lock::new(State {
                when: NEVER,
                period: 0,
                home: None,
                generation: 0,
                entry_when: NEVER,
            }),
            seq: AtomicU32::new(0),
            callback,
        }
    }

    /// How often it has been stopped or reset.
    pub(super) fn seq(&self) -> u32 {
        self.seq.load(Acquire)
    }

    /// When it is due; [`NEVER`]: it is not pending.
    pub(super) fn when(&self) -> Nanos {
        self.state.lock().when
    }

    /// See [`Timer::stop`](super::Timer::stop).
    pub(super) fn stop(&self) -> bool {
        let mut state = self.state.lock();
        self.count_change();
        let was = std::mem::replace(&mut state.when, NEVER) != NEVER;
        if was && let Some(home) = &state.home {
            home.note_zombie();
        }
        was
    }

    /// See [`Timer::reset`](super::Timer::reset). `choose` gives the heap, if one is needed; it is
    /// called with no lock held, for it may enter a scheduler.
    pub(super) fn set(
        this: &Arc<Inner>,
        when: Nanos,
        period: Option<Nanos>,
        choose: impl Fn() -> Arc<Timers>,
    ) -> (bool, Aftermath) {
        let when = when.min(LATEST);
        let mut chosen = None;
        loop {
            let mut state = this.state.lock();
            let stays = state.home.is_some() && state.entry_when <= when;
            if !stays && chosen.is_none() {
                drop(state);
                chosen = Some(choose());
                continue;
            }
            this.count_change();
            let was = std::mem::replace(&mut state.when, when) != NEVER;
            state.period = period.unwrap_or(0);
            let mut aftermath = Aftermath::default();
            if stays {
                if !was && let Some(home) = &state.home {
                    home.note_revived();
                }
                return (was, aftermath);
            }
            aftermath.abandoned = state.home.take();
            if was && let Some(home) = &aftermath.abandoned {
                home.note_zombie();
            }
            state.generation = state.generation.wrapping_add(1);
            state.entry_when = when;
            let home = chosen.expect("chosen above");
            aftermath.inserted = home.insert(Inner::entry(this, &state));
            if aftermath.inserted.earliest {
                aftermath.tell = Some((home.clone(), when));
            }
            state.home = Some(home);
            return (was, aftermath);
        }
    }

    /// Calls the callback. No lock is held.
    pub(super) fn call(&self, fired: Fired<'_>) {
        (self.callback)(fired);
    }

    /// An entry for the present state, with a reference of its own.
    fn entry(this: &Arc<Inner>, state: &State) -> Entry {
        let raw = Arc::into_raw(this.clone()).cast_mut();
        let raw = NonNull::new(raw).expect("an Arc's address");
        Entry::timer(state.entry_when, raw, state.generation)
    }

    fn count_change(&self) {
        // Written under the lock only.
        self.seq
            .store(self.seq.load(Acquire).wrapping_add(1), Release);
    }

    /// An entry of ours came up in `heap` and is out of it.
    /// `earliest` is set if it went back in there and is the earliest again.
    pub(super) fn due<'a>(
        self: &'a Arc<Inner>,
        entry: Entry,
        now: Nanos,
        heap: &Timers,
        earliest: &mut bool,
    ) -> Due<'a> {
        // To be dropped after the guard.
        let mut left = None;
        let mut inserted = Inserted::default();
        let due = {
            let mut state = self.state.lock();
            if !state.is_ours(entry) {
                return Due::Dead;
            }
            let when = state.when;
            let due = if when == NEVER {
                Due::Dead
            } else if when > now {
                Due::Postponed
            } else {
                state.when = next_time(when, state.period, now);
                Due::Fire(Fired {
                    when,
                    now,
                    seq: self.seq.load(Acquire),
                    timer: self,
                })
            };
            if state.when == NEVER {
                left = state.home.take();
            } else {
                state.entry_when = state.when;
                inserted = heap.insert(Inner::entry(self, &state));
                *earliest |= inserted.earliest;
            }
            due
        };
        drop((left, inserted));
        due
    }

    /// What a sweep is to do with `entry`, which is in the heap whose lock it holds.
    pub(super) fn judge(&self, entry: Entry) -> Judgement {
        // Whoever has the lock may be waiting for the heap's.
        let Some(mut state) = self.state.try_lock() else {
            return Judgement::Live(entry.when);
        };
        if !state.is_ours(entry) {
            return Judgement::Dead;
        }
        if state.when == NEVER {
            // Not the last reference to the heap: somebody runs its sweep.
            state.home = None;
            return Judgement::Dead;
        }
        state.entry_when = state.when;
        Judgement::Live(state.when)
    }

    /// `entry` is out of its heap and goes to another: into `to`, once that is known. False: it is
    /// dead, and goes nowhere.
    pub(super) fn moves(&self, entry: Entry, to: Option<&Arc<Timers>>) -> bool {
        let mut state = self.state.lock();
        if !state.is_ours(entry) {
            return false;
        }
        let alive = state.when != NEVER;
        let left = match to {
            _ if !alive => state.home.take(),
            Some(heap) => state.home.replace(heap.clone()),
            None => None,
        };
        drop(state);
        drop(left);
        alive
    }
}

impl State {
    /// Whether this is the entry we rely on. A generation that came round could be mistaken; its
    /// time would have to agree, too, and then it serves as well.
    fn is_ours(&self, entry: Entry) -> bool {
        self.home.is_some() && entry.when == self.entry_when && entry.may_be(self.generation)
    }
}

/// The next time of a timer that was due at `when`: after `now`, in step. [`NEVER`] if it has no
/// period, that is, 0.
pub fn next_time(when: Nanos, period: Nanos, now: Nanos) -> Nanos {
    if period == 0 {
        return NEVER;
    }
    let missed = (now - when) / period;
    period
        .checked_mul(missed + 1)
        .and_then(|step| when.checked_add(step))
        .map_or(LATEST, |at| at.min(LATEST))
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}
