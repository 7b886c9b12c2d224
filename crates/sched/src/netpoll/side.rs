//! One direction of a socket: what has happened, until when to wait, who waits.
//!
//! The protocol is in `README.md` beside this file. In short: a [`Ticket`] is taken *before* the
//! attempt; if the attempt says "would block", [`Side::wait`] sleeps unless something has happened
//! since the ticket. So a wake-up belongs to no one in particular and cannot be consumed by the
//! wrong reader.
//!
//! Whoever changes something a waiter must know (an event, a deadline, the end) first writes it and
//! then takes the waiters. A waiter first publishes itself and then looks. Both go through the one
//! word [`Waiters`], so one of the two sees the other.

use super::waiters::{Caller, Claims, Node, Waiters};
use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicBool, AtomicU64};
use gompa_park::time::{self, ENDLESS, NEVER, Nanos};

/// What had happened to one direction of a socket when somebody looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

impl Ticket {
    /// The lowest bit: the other end has hung up, or something else out of the ordinary came.
    const UNUSUAL: u64 = 1;
    /// The rest counts events.
    const EVENT: u64 = 2;

    /// Whether all events so far meant plain readiness: no hang-up, no error, no urgent data. Then,
    /// and only then, a short read proves that a stream had nothing more when it was read.
    pub fn is_plain(self) -> bool {
        self.0 & Ticket::UNUSUAL == 0
    }

    /// A number that tells tickets of one source and direction apart; never `u64::MAX`.
    pub fn to_bits(self) -> u64 {
        self.0
    }
}

/// Why a wait ended without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The source is closed.
    Closed,
    /// The deadline has passed.
    TimedOut,
}

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slept {
    /// Somebody claimed the wait and woke us.
    Woken,
    /// The sleeper itself saw that the socket is ready. Still published.
    Ready,
    /// The deadline has passed, or the wait was cut. Still published.
    TimedOut,
    /// The runtime shuts down. Still published.
    Interrupted,
}

/// How whoever runs here sleeps.
pub(super) trait Sleeper {
    /// What the others wake it with.
    fn caller(&self) -> Caller;
    /// Sleeps until woken or until `until`.
    fn sleep(&self, until: Nanos) -> Slept;
    /// Sleeps until woken by somebody who has claimed the wait already.
    fn sleep_claimed(&self);
    /// Ends the running code after [`Slept::Interrupted`], when the wait is withdrawn.
    fn abandon(&self) -> !;
}

/// One direction of a socket.
#[derive(Debug)]
pub(super) struct Side {
    /// The latest [`Ticket`]. Written by whoever polls (one thread at a time), read before each
    /// attempt.
    events: AtomicU64,
    /// When waits end, whoever waits: Go's `SetDeadline`. [`NEVER`] if they do not.
    deadline: AtomicU64,
    /// Those who wait.
    waiters: Waiters,
}

impl Side {
    pub(super) fn new() -> Side {
        Side {
            events: AtomicU64::new(0),
            deadline: AtomicU64::new(NEVER),
            waiters: Waiters::new(),
        }
    }

    /// Forgets the past. Nobody waits.
    pub(super) fn reset(&self) {
        self.events.store(0, Release);
        self.deadline.store(NEVER, Release);
    }

    /// What has happened so far. Taken before an attempt.
    #[inline]
    pub(super) fn ticket(&self) -> Ticket {
        Ticket(self.events.load(Acquire))
    }

    /// An event: who takes a ticket or waits from now on knows of it; who waits now is claimed.
    /// Called by one thread at a time.
    pub(super) fn fire(&self, plain: bool) -> Claims {
        let next = self.events.load(Relaxed) + Ticket::EVENT;
        let unusual = if plain { 0 } else { Ticket::UNUSUAL };
        self.events.store(next | unusual, Release);
        self.waiters.take()
    }

    /// Sets the deadline, for waits in progress too: they look at it when woken.
    pub(super) fn set_deadline(&self, at: Nanos) {
        self.deadline.store(at, Release);
        drop(self.waiters.take());
    }

    /// The deadline now in force.
    #[inline]
    pub(super) fn deadline(&self) -> Nanos {
        self.deadline.load(Acquire)
    }

    /// Wakes all, so that they look again.
    pub(super) fn disturb(&self) {
        drop(self.waiters.take());
    }

    /// Whether nobody waits. For dumps.
    pub(super) fn is_idle(&self) -> bool {
        self.waiters.is_empty()
    }

    /// Waits until something has happened since `seen`. Ends as well at `limit`, at the deadline,
    /// when the wait is [cut](gompa_park::cut), which is as if `limit` had passed, and when `closed`
    /// is set.
    pub(super) fn wait(
        &self,
        sleeper: &impl Sleeper,
        closed: &AtomicBool,
        seen: Ticket,
        limit: Nanos,
    ) -> Result<(), Refusal> {
        // Every end of time can be reported, so every wait can be cut.
        let limit = limit.min(ENDLESS);
        loop {
            if let Some(end) = self.settled(closed, seen) {
                return end;
            }
            let until = limit.min(self.deadline());
            if until != ENDLESS && until <= time::now() {
                return Err(Refusal::TimedOut);
            }

            let node = Node::new(sleeper.caller());
            // SAFETY: 1. below we leave this turn of the loop only woken by our claimer, or
            // withdrawn; no sleeper unwinds while published. 2. the node is new.
            unsafe { self.waiters.push(&node) };
            // Who came before the push did not find us, but we see what they wrote.
            let stale = self.settled(closed, seen).is_some() || limit.min(self.deadline()) != until;
            let slept = (!stale).then(|| sleeper.sleep(until));

            if slept == Some(Slept::Woken) {
                continue;
            }
            if !self.waiters.withdraw(&node) {
                sleeper.sleep_claimed();
                continue;
            }
            match slept {
                Some(Slept::Ready) => return Ok(()),
                Some(Slept::Interrupted) => sleeper.abandon(),
                // An event wins against a deadline, a new deadline against the old one.
                Some(Slept::TimedOut) if limit.min(self.deadline()) == until => {
                    return self.settled(closed, seen).unwrap_or(Err(Refusal::TimedOut));
                }
                _ => {}
            }
        }
    }

    /// How a wait since `seen` ends, if it need not sleep (any more).
    fn settled(&self, closed: &AtomicBool, seen: Ticket) -> Option<Result<(), Refusal>> {
        if closed.load(Acquire) {
            return Some(Err(Refusal::Closed));
        }
        (self.ticket() != seen).then_some(Ok(()))
    }
}
