//! A timer: a callback at a time, once or again and again, stopped and reset from anywhere.
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
use super::timers::{Inserted, Timers};
use crate::lock::Lock;
use crate::sync::atomic::AtomicU32;
use crate::sync::atomic::Ordering::{Acquire, Release};
use crate::time::{NEVER, Nanos};
use std::ptr::NonNull;
use std::sync::Arc;

/// A timer's handle. Clones are the same timer. Dropping the handles does not stop it.
#[derive(Clone)]
pub struct Timer(Arc<Inner>);

/// What a heap's entry points to. Aligned for [`Entry`]'s sake.
#[repr(align(16))]
pub(super) struct Inner {
    state: Lock<State>,
    /// Raised, under the state's lock, by every stop and reset. Read without it.
    seq: AtomicU32,
    callback: Box<dyn Fn(Fired<'_>) + Send + Sync>,
}

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

/// A callback's argument.
#[derive(Clone, Copy, Debug)]
pub struct Fired<'a> {
    /// When it was due.
    pub when: Nanos,
    /// The time now, as of the run that found it due.
    pub now: Nanos,
    /// The number of stops and resets before it was found due.
    pub seq: u32,
    timer: &'a Inner,
}

impl Fired<'_> {
    /// Whether the timer has been neither stopped nor reset since it was found due.
    ///
    /// A stop may come while the callback is on its way, too late to call it off. A callback that
    /// must not act after a stop takes a lock that its stopper holds, too, and asks here.
    pub fn is_current(&self) -> bool {
        self.timer.seq.load(Acquire) == self.seq
    }
}

impl Timer {
    /// A timer that is not started. `callback` runs on the stack of whoever runs the heap, perhaps
    /// a scheduler's: it must not block, and must not panic (which ends the process). It may use
    /// the timer itself. Two calls may overlap where the timer is restarted between them.
    pub fn new(callback: impl Fn(Fired<'_>) + Send + Sync + 'static) -> Timer {
        Timer(Arc::new(Inner {
            state: Lock::new(State {
                when: NEVER,
                period: 0,
                home: None,
                generation: 0,
                entry_when: NEVER,
            }),
            seq: AtomicU32::new(0),
            callback: Box::new(callback),
        }))
    }

    /// Sets the timer to fire at `when`, then, with a period, again and again that much later.
    /// Times already missed are skipped. A period of 0 is none.
    pub fn start(&self, when: Nanos, period: Option<Nanos>) {
        self.reset(when, period);
    }

    /// As [`start`](Self::start). Returns whether the timer was pending: false if it had been
    /// stopped, or fired for the last time.
    pub fn reset(&self, when: Nanos, period: Option<Nanos>) -> bool {
        Inner::set(&self.0, when, period, super::current)
    }

    /// As [`reset`](Self::reset), in a heap of the caller's choice.
    pub fn reset_in(&self, heap: &Arc<Timers>, when: Nanos, period: Option<Nanos>) -> bool {
        Inner::set(&self.0, when, period, || heap.clone())
    }

    /// Calls the timer off. Returns whether it was pending. If false, its callback has been called,
    /// or is about to be: see [`Fired::is_current`].
    pub fn stop(&self) -> bool {
        let mut state = self.0.state.lock();
        self.0.count_change();
        let was = std::mem::replace(&mut state.when, NEVER) != NEVER;
        if was && let Some(home) = &state.home {
            home.note_zombie();
        }
        was
    }

    /// When it is due, if it is pending.
    pub fn when(&self) -> Option<Nanos> {
        Some(self.0.state.lock().when).filter(|&when| when != NEVER)
    }

    /// Whether both are the same timer.
    pub fn same(&self, other: &Timer) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
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
    fn set(
        this: &Arc<Inner>,
        when: Nanos,
        period: Option<Nanos>,
        choose: impl FnOnce() -> Arc<Timers>,
    ) -> bool {
        let when = when.min(LATEST);
        // To be dropped after the guard: both may run anybody's destructors.
        let mut abandoned = None;
        let mut inserted = Inserted::default();
        let mut tell = None;
        let was = {
            let mut state = this.state.lock();
            this.count_change();
            let was = std::mem::replace(&mut state.when, when) != NEVER;
            state.period = period.unwrap_or(0);
            match &state.home {
                Some(home) if state.entry_when <= when => {
                    if !was {
                        home.note_revived();
                    }
                }
                _ => {
                    abandoned = state.home.take();
                    if was && let Some(home) = &abandoned {
                        home.note_zombie();
                    }
                    let home = choose();
                    state.generation = state.generation.wrapping_add(1);
                    state.entry_when = when;
                    inserted = home.insert(Inner::entry(this, &state));
                    if inserted.earliest {
                        tell = Some(home.clone());
                    }
                    state.home = Some(home);
                }
            }
            was
        };
        drop((abandoned, inserted));
        if let Some(home) = tell {
            home.tell_earlier(when);
        }
        was
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

    /// Calls the callback. No lock is held.
    pub(super) fn call(&self, fired: Fired<'_>) {
        (self.callback)(fired);
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

    /// `entry`, out of its heap, is about to go into `heap`. False: it is dead, and does not.
    pub(super) fn moved(&self, entry: Entry, heap: &Arc<Timers>) -> bool {
        let mut state = self.state.lock();
        let alive = state.is_ours(entry) && state.when != NEVER;
        let left = if alive {
            state.home.replace(heap.clone())
        } else if state.is_ours(entry) {
            state.home.take()
        } else {
            None
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

/// The next time of a timer that was due at `when`: after `now`, in step.
fn next_time(when: Nanos, period: Nanos, now: Nanos) -> Nanos {
    if period == 0 {
        return NEVER;
    }
    let missed = (now - when) / period;
    period
        .checked_mul(missed + 1)
        .and_then(|step| when.checked_add(step))
        .map_or(LATEST, |at| at.min(LATEST))
}

impl std::fmt::Debug for Timer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Timer")
            .field("when", &self.when())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}
