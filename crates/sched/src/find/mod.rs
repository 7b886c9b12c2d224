//! Finding work: the order in which an M without a goroutine looks for one, and when it gives up.
//!
//! Every 61st slice the global queue first; else
//! local queue, a batch of the global queue, sockets, half of another P's queue, other Ps' timers.
//! Then the P goes to the idle list and the M to sleep, in the poller or on its note.
//!
//! Ms that have a P but no work and look at others' queues are *spinning*; at most half as many as
//! there are busy Ps do. `README.md` tells how a wake-up cannot be lost between them and whoever
//! makes work.

mod idle;
mod local;
pub(crate) use idle::take_handed_p;
mod steal;
mod wake;
#[cfg(all(test, loom))]
mod wake_tests;

use crate::goroutine::G;
use crate::machine::M;
use crate::netpoll::Poller;
use crate::trace::Kind;
use gompa_park::{Unparker, time};
use std::ptr::NonNull;

/// What to run, and whether it inherits the time slice.
pub(crate) type Found = (NonNull<G>, bool);

/// Looks until there is something to run on `m`, asleep if need be. `None`: the M shall end.
pub(crate) fn find_runnable(m: &M) -> Option<Found> {
    loop {
        if !idle::get_p(m) {
            return None;
        }
        if let Some(found) = look(m) {
            return Some(found);
        }
    }
}

/// One look around. `None`: look again (the P may be gone).
fn look(m: &M) -> Option<Found> {
    let sched = m.sched();
    let p = m.p().expect("just got");
    if p.index as usize >= sched.procs.count() {
        let p = m.tenure.hold(None).expect("held");
        // SAFETY: `m` held it, and now nobody does.
        unsafe { sched.retire(p) };
        return None;
    }

    run_timers(m);
    let here = sched
        .take_in_turn(p)
        .or_else(|| p.queue.take())
        .or_else(|| sched.take_shared(p));
    if here.is_some() {
        return here;
    }
    if poll_now(m)
        && let Some(found) = p.queue.take()
    {
        return Some(found);
    }
    if may_spin(m) {
        if !m.spinning.replace(true) {
            sched.global.wakes.start_spinning();
        }
        match steal::steal_work(m, p) {
            steal::Stolen::Work(found) => return Some(found),
            steal::Stolen::LookAgain => return None,
            steal::Stolen::Nothing => {}
        }
    }
    idle::give_up(m)
}

/// Whether one more M may look at the queues of others.
fn may_spin(m: &M) -> bool {
    let sched = m.sched();
    let idle = sched.global.wakes.idle();
    let busy = sched.procs.count().saturating_sub(idle);
    m.spinning.get() || 2 * sched.global.wakes.spinning() < busy
}

/// Runs what is due on the P of `m`.
fn run_timers(m: &M) {
    let p = m.p().expect("held");
    if p.timers.next() != time::NEVER {
        let fired = p.timers.run(time::now());
        p.counts.timers_fired.add(fired as u64);
        if fired > 0 {
            p.trace.add_exact(Kind::Timers, 0, fired as u64);
        }
    }
}

/// Looks at the sockets without waiting. True: something became runnable here.
fn poll_now(m: &M) -> bool {
    let Some(poller) = Poller::get() else {
        return false;
    };
    if poller.waiters() == 0 || m.sched().someone_sleeps_in_poller() {
        return false;
    }
    let mut wake = |waiter: Unparker| {
        // SAFETY: the poller hands over each claim once.
        unsafe { waiter.unpark() }
    };
    let ready = poller.poll(Some(0), &mut wake).unwrap_or(0);
    if let Some(p) = m.p().filter(|_| ready > 0) {
        p.trace.add_exact(Kind::Poll, 0, ready as u64);
    }
    ready > 0
}
