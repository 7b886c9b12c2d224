//! The timer behind a channel.
//!
//! # Protocol
//! The **clock** knows when it is due; that is the truth. Whoever looks at the channel *polls* it
//! first: if it is due, it fires, into the channel's slot. While somebody *waits* at the channel an
//! **alarm** (a timer in a heap) is set to the same time, and does no more than poll.
//!
//! ```text
//!   stop, reset ---> when, period <--- poll: a receiver that comes, or the alarm
//!                         |
//!                         | due: now >= when
//!                         v
//!                    one value, `when`, to the first waiter or into the slot (a full slot: none);
//!                    then `when` is the next time, or never
//!
//!   alarm set  <=>  somebody waits, and `when` is not never
//! ```
//! All of this happens under the clock's lock. In particular a stop finds the value of an earlier
//! time either in the slot, and takes it back, or not sent at all: no stale value.
//!
//! Lock order: the clock's, then the channel's or the alarm's. Under the clock's lock nobody is
//! woken, nor the host asked for anything: what a goroutine calls there might have to wait for a P,
//! and a runner of timers would wait for the lock.

use crate::hchan::elem::Typed;
use crate::hchan::handle::Ref;
use crate::hchan::send::SendStep;
use crate::sides::Receiver;
use crate::timed::{TimerHook, drain};
use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{Acquire, Release};
use gompa_park::time::{self, NEVER, Nanos};
use gompa_park::timer::{self, Aftermath, Timers};
use gompa_park::{Lock, Unparker};
use std::mem::ManuallyDrop;
use std::sync::{Arc, Weak};
use std::time::Instant;

/// See the [module](self).
pub(super) struct Clock {
    /// `state.when`, for those who look without the lock. Written under it.
    due: AtomicU64,
    state: Lock<State>,
    /// For the alarm, which must not keep us.
    me: Weak<Clock>,
}

struct State {
    /// When it is due; [`NEVER`]: it is not pending.
    when: Nanos,
    /// Between one time and the next; `None`: once.
    period: Option<Nanos>,
    /// How many wait at the channel.
    waiting: usize,
    /// The channel, while somebody waits: whoever waits has a reference, this makes no circle.
    channel: Option<Ref<Instant>>,
    /// Made when somebody first waits.
    alarm: Option<timer::Timer>,
}

impl Clock {
    /// A clock and its channel.
    pub(super) fn start(when: Nanos, period: Option<Nanos>) -> (Arc<Clock>, Receiver<Instant>) {
        let clock = Arc::new_cyclic(|me| Clock {
            due: AtomicU64::new(when),
            state: Lock::new(State {
                when,
                period,
                waiting: 0,
                channel: None,
                alarm: None,
            }),
            me: me.clone(),
        });
        let channel = Ref::with_timer(clock.clone());
        (clock, Receiver(Some(channel)))
    }

    /// Calls it off. True if it was pending, or its value had not been received.
    pub(super) fn stop(&self, c: &Receiver<Instant>) -> bool {
        let mut state = self.state.lock();
        let was = self.set_when(&mut state, NEVER) != NEVER;
        if let Some(alarm) = &state.alarm {
            alarm.stop();
        }
        take_back(c) || was
    }

    /// Sets it anew; true as above.
    pub(super) fn reset(&self, c: &Receiver<Instant>, when: Nanos, period: Option<Nanos>) -> bool {
        let mut heap = None;
        loop {
            let mut state = self.state.lock();
            if state.waiting > 0 && heap.is_none() {
                drop(state);
                heap = Some(timer::current());
                continue;
            }
            let was = self.set_when(&mut state, when) != NEVER;
            state.period = period;
            let was = take_back(c) || was;
            let aftermath = heap.and_then(|heap| self.set_alarm(&mut state, &heap));
            drop(state);
            drop(aftermath);
            return was;
        }
    }

    fn set_when(&self, state: &mut State, when: Nanos) -> Nanos {
        self.due.store(when, Release);
        std::mem::replace(&mut state.when, when)
    }

    /// Sets the alarm, if it should be set. The second value is to be dropped after the lock.
    fn set_alarm(&self, state: &mut State, heap: &Arc<Timers>) -> Option<Aftermath> {
        if state.waiting == 0 || state.when == NEVER {
            return None;
        }
        let (when, period) = (state.when, state.period);
        let alarm = state.alarm.get_or_insert_with(|| self.new_alarm());
        Some(alarm.reset_under_lock(heap, when, period).1)
    }

    fn new_alarm(&self) -> timer::Timer {
        let clock = self.me.clone();
        timer::Timer::new(move |fired| {
            let Some(clock) = clock.upgrade() else { return };
            let channel = clock.state.lock().channel.clone();
            if let Some(channel) = channel {
                clock.poll(&channel, fired.now);
            }
        })
    }

    /// Fires if due.
    fn fire(&self, channel: &Ref<Instant>, now: Nanos) {
        let receiver = {
            let mut state = self.state.lock();
            let when = state.when;
            if when > now {
                return;
            }
            let next = state
                .period
                .map_or(NEVER, |period| timer::next_time(when, period, now));
            self.set_when(&mut state, next);
            offer(channel, time::to_instant(when))
        };
        if let Some(receiver) = receiver {
            // SAFETY: 1. claimed by `offer`. 2. a claimed wait is not withdrawn.
            unsafe { receiver.unpark() };
        }
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clock")
            .field("due", &self.due.load(Acquire))
            .finish_non_exhaustive()
    }
}

impl TimerHook for Clock {
    fn poll(&self, channel: &Ref<Instant>, now: Nanos) {
        if self.due.load(Acquire) <= now {
            self.fire(channel, now);
        }
    }

    fn block(&self, channel: &Ref<Instant>) {
        let heap = timer::current();
        let mut state = self.state.lock();
        state.waiting += 1;
        if state.waiting == 1 {
            state.channel = Some(channel.clone());
            let aftermath = self.set_alarm(&mut state, &heap);
            drop(state);
            drop(aftermath);
        }
    }

    fn unblock(&self, _: &Ref<Instant>) {
        let mut state = self.state.lock();
        state.waiting -= 1;
        if state.waiting == 0 {
            if let Some(alarm) = &state.alarm {
                alarm.stop();
            }
            let channel = state.channel.take();
            drop(state);
            drop(channel);
        }
    }
}

/// Takes a value that nobody has received back out of the slot; whether there was one.
fn take_back(c: &Receiver<Instant>) -> bool {
    c.0.as_ref().is_some_and(drain)
}

/// Hands `at` to the first waiter, who is to be woken after the clock's lock, or puts it into the
/// slot. If that is taken, `at` is forgotten.
fn offer(channel: &Ref<Instant>, at: Instant) -> Option<Unparker> {
    let value = ManuallyDrop::new(at);
    let mut held = channel.enter();
    // SAFETY: 1. an instant, on a channel of instants; it needs no drop.
    match unsafe { held.send(Typed::<Instant>::NEW, (&raw const value).cast::<u8>()) } {
        SendStep::Done(receiver) => receiver,
        SendStep::Full => None,
        SendStep::Closed => unreachable!("nobody has the sending end of a timer's channel"),
    }
}
