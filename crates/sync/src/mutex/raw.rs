//! The mutex without its value: Go's algorithm, in its two modes.
//!
//! # The word
//! | bit | name | meaning | written |
//! |---|---|---|---|
//! | 0 | `LOCKED` | somebody holds the mutex | by whoever takes or gives it; by an unlocker for the waiter it hands it to |
//! | 1 | `WOKEN` | somebody on its way, a waiter that was woken or one that still spins, will try: an unlock wakes nobody else | set by an unlocker or a spinner, cleared by whoever it stands for |
//! | 2 | `STARVING` | starvation mode | under the queue's lock |
//! | 3 | `WAITERS` | the queue is not empty | under the queue's lock |
//!
//! # Normal mode
//! An unlock frees the mutex and wakes the first waiter, which competes with whoever comes just
//! then. Those who come usually win, for they run already; a waiter that loses waits again, at the
//! front. This is fast: a goroutine can take and give the mutex many times without a switch.
//!
//! # Starvation mode
//! A waiter that has lost for more than [`STARVES`] sets `STARVING`. From then on an unlock hands
//! the mutex to the first waiter, and whoever comes queues at the end, though the mutex may look
//! free. It ends when the waiter that gets the mutex is the last one, or has waited for less than
//! that. So the wait of each is bounded, as long as the sections are short.
//!
//! # No wake-up is lost
//! A waiter announces itself (`WAITERS`, giving its `WOKEN` back) in one exchange that saw `LOCKED`
//! or `STARVING`, under the queue's lock, and leaves that lock only when it waits. So the unlock to
//! come sees it. An unlock that sees `WOKEN` leaves the work to the one it stands for, which either
//! takes the mutex (and will unlock) or announces itself as above.

use crate::macros::const_fn;
use crate::misuse::fatal;
use crate::wait::{self, Cut, Limit, Outcome, Queue, Waited, Waiter, WakeList};
use gompa_park::sync::atomic::AtomicU32;
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::spin_loop;
use gompa_park::time::{self, Nanos};
use gompa_park::{Lock, Parker, WaitReason, contention};

const LOCKED: u32 = 1;
const WOKEN: u32 = 1 << 1;
const STARVING: u32 = 1 << 2;
const WAITERS: u32 = 1 << 3;

/// How long a waiter loses before it starves, in nanoseconds: Go's millisecond. Under the model
/// everybody starves who has waited once.
const STARVES: Nanos = if cfg!(loom) { 0 } else { 1_000_000 };

/// How often somebody looks again before it waits: Go's four rounds.
const SPINS: u32 = if cfg!(loom) { 0 } else { 4 };
/// Pauses between two looks, some two microseconds: all four take about as long as it takes to wake a
/// processor that has gone to sleep. Go has thirty. Each look takes the word's line from the holder, so
/// fewer looks let it go on, and more of them, or more often, gave less with any number at it.
const PAUSES: u32 = 300;

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct RawMutex {
    state: AtomicU32,
    waiters: Lock<Queue>,
}

impl RawMutex {
    const_fn! {
        pub(crate) const fn new() -> RawMutex {
            RawMutex {
                state: AtomicU32::new(0),
                waiters: Lock::new(Queue::new()),
            }
        }
    }

    /// Takes the mutex if it is free and nobody starves.
    #[inline]
    pub(crate) fn try_lock(&self) -> bool {
        let mut s = 0;
        loop {
            match self.take(s, 0) {
                Ok(()) => return true,
                Err(now) if now & (LOCKED | STARVING) != 0 => return false,
                Err(now) => s = now,
            }
        }
    }

    /// Takes the mutex, waiting as long as `limit` allows. `reason` is what a dump shows meanwhile.
    #[inline]
    pub(crate) fn lock(&self, reason: WaitReason, limit: Limit) -> Result<(), Cut> {
        if self.take(0, 0).is_ok() {
            return Ok(());
        }
        self.lock_slow(reason, limit)
    }

    /// The exchange that takes the mutex from the state `s`, giving the flags `back`.
    #[inline(always)]
    fn take(&self, s: u32, back: u32) -> Result<(), u32> {
        self.state
            .compare_exchange(s, (s | LOCKED) & !back, Acquire, Relaxed)
            .map(drop)
    }

    #[cold]
    #[inline(never)]
    fn lock_slow(&self, reason: WaitReason, limit: Limit) -> Result<(), Cut> {
        let mut spins = 0;
        let mut since = None;
        // WOKEN or nothing: the flag that stands for us.
        let mut token = 0;
        let mut starving = 0;
        let mut s = self.state.load(Relaxed);
        loop {
            if s & (LOCKED | STARVING) == 0 {
                match self.take(s, token) {
                    Ok(()) => return Ok(()),
                    Err(now) => s = now,
                }
                continue;
            }
            if s & (LOCKED | STARVING) == LOCKED && spins < SPINS {
                if token == 0 && s & (WOKEN | WAITERS) == WAITERS {
                    token = self.claim_token(s);
                }
                (0..PAUSES).for_each(|_| spin_loop());
                spins += 1;
                s = self.state.load(Relaxed);
                continue;
            }

            let parker = Parker::current();
            let mut held = self.waiters.lock();
            if let Err(now) = self.announce(token, starving) {
                s = now;
                continue;
            }
            let waited_before = since.is_some();
            let now = time::now();
            let since = *since.get_or_insert(now);
            let waiter = Waiter::queued_at(parker.unparker(), since, now);
            // SAFETY: 1. held. 2. new, and on this stack until it has been claimed or withdrawn.
            unsafe {
                match waited_before {
                    true => held.push_front(&waiter),
                    false => held.push_back(&waiter),
                }
            }
            // SAFETY: 1. queued just now.
            let waited =
                unsafe { wait::wait(&self.waiters, held, |q| q, &parker, &waiter, reason, limit) };
            match waited {
                Waited::Withdrawn(held, cut) => {
                    if held.is_empty() {
                        self.state.fetch_and(!(WAITERS | STARVING), Relaxed);
                    }
                    drop(held);
                    return Err(cut.leave(&parker));
                }
                Waited::Claimed if waiter.outcome() == Outcome::Granted => return Ok(()),
                Waited::Claimed => {
                    token = WOKEN;
                    if time::now().saturating_sub(since) >= STARVES {
                        starving = STARVING;
                    }
                    spins = 0;
                    s = self.state.load(Relaxed);
                }
            }
        }
    }

    /// Makes `WOKEN` stand for a spinner; gives what it got.
    fn claim_token(&self, s: u32) -> u32 {
        match self.state.compare_exchange(s, s | WOKEN, Relaxed, Relaxed) {
            Ok(_) => WOKEN,
            Err(_) => 0,
        }
    }

    /// Says that somebody waits, perhaps that it starves, and gives its token back. Under the
    /// queue's lock. The state, if the mutex is free.
    fn announce(&self, token: u32, starving: u32) -> Result<(), u32> {
        let mut s = self.state.load(Relaxed);
        loop {
            if s & (LOCKED | STARVING) == 0 {
                return Err(s);
            }
            // To starve is to want the next unlock; if it has happened already, the one before us
            // is being served, and the mode is on.
            let new = (s | WAITERS | starving) & !token;
            match self.state.compare_exchange(s, new, Relaxed, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => s = now,
            }
        }
    }

    /// Gives the mutex back. One that is not locked is fatal, with Go's text.
    ///
    /// The caller holds it; [`Mutex::force_unlock`](super::Mutex::force_unlock) says what it means
    /// otherwise.
    #[inline]
    pub(crate) fn unlock(&self) {
        let s = self.state.fetch_sub(LOCKED, Release);
        if s != LOCKED {
            self.unlock_slow(s);
        }
    }

    /// `s` is the state before the mutex was given back.
    #[cold]
    #[inline(never)]
    fn unlock_slow(&self, s: u32) {
        if s & LOCKED == 0 {
            fatal("sync: unlock of unlocked mutex");
        }
        if s & (WAITERS | WOKEN) == WAITERS && self.pass_on() {
            // The one that got the mutex is next; let it run, as Go does.
            gompa_park::waiter::yield_now();
        }
    }

    /// Wakes the first waiter, or hands it the mutex; whether it did the latter.
    fn pass_on(&self) -> bool {
        let mut woken = WakeList::new();
        let mut queue = self.waiters.lock();
        let mut s = self.state.load(Relaxed);
        loop {
            // Somebody has taken it and will unlock, or is about to try.
            if s & (LOCKED | WOKEN) != 0 {
                return false;
            }
            let (Some(since), Some(queued)) = (queue.first_note(), queue.first_since()) else {
                return false;
            };
            let last = queue.is_single();
            let (mut new, outcome) = match s & STARVING {
                0 => (s | WOKEN, Outcome::Woken),
                _ => (s | LOCKED, Outcome::Granted),
            };
            if last {
                new &= !(WAITERS | STARVING);
            } else if s & STARVING != 0 && time::now().saturating_sub(since) < STARVES {
                new &= !STARVING;
            }
            // Acquire: whoever unlocked last may be another than us, and what it did must be seen by
            // the one we hand the mutex to.
            match self.state.compare_exchange(s, new, Acquire, Relaxed) {
                Ok(_) => {
                    queue.pop_into(&mut woken, outcome);
                    let waited = contention::waited(queued);
                    drop(queue);
                    drop(woken);
                    waited.into_iter().for_each(contention::tell);
                    return outcome == Outcome::Granted;
                }
                Err(now) => s = now,
            }
        }
    }

    /// Whether somebody holds it at this moment.
    pub(crate) fn is_locked(&self) -> bool {
        self.state.load(Relaxed) & LOCKED != 0
    }
}
