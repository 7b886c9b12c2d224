//! Giving up: the P to the idle list, the M to sleep; and getting a P again.

use super::Found;
use crate::machine::M;
use crate::netpoll::Poller;
use crate::processor::P;
use crate::runtime::Sched;
use crate::trace::Kind;
use gompa_park::Unparker;
use gompa_park::time::{self, NEVER, Nanos};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

/// Sees to it that `m` holds a P; stops until it gets one. False: the M shall end.
pub(super) fn get_p(m: &M) -> bool {
    let sched = m.sched();
    loop {
        if sched.is_stopped() || m.ending.load(Relaxed) {
            stop_spinning(m);
            if let Some(p) = m.tenure.hold(None) {
                give_back(sched, p);
            }
            return false;
        }
        if m.tenure.held().is_some() {
            return true;
        }
        if stop_spinning(m) {
            // Its P went while it looked (there are fewer now). Those who relied on its looking are
            // helped as if their work had just appeared.
            sched.wake_p();
        }
        let mut inner = sched.global.lock();
        if let Some(p) = sched.global.pop_idle_p(&mut inner) {
            drop(inner);
            m.take_p(p);
            sched.monitor.wake();
            return true;
        }
        debug_assert!(!m.spinning.get());
        inner.push_idle_m(NonNull::from(m));
        drop(inner);
        stop(m);
    }
}

/// The P of an M that ends.
fn give_back(sched: &Sched, p: NonNull<P>) {
    if sched.is_stopped() {
        sched.global.push_idle_p(&mut sched.global.lock(), p);
    } else {
        sched.hand_off(p);
    }
}

/// On the idle list: sleeps until somebody has taken it off and rung. Until then its cells are that
/// somebody's.
fn stop(m: &M) {
    m.note.sleep(NEVER);
    take_handed_p(m);
}

/// After the note rang: the P that came with it, if one did.
pub(crate) fn take_handed_p(m: &M) {
    let p = m.next_p.swap(std::ptr::null_mut(), Relaxed);
    if let Some(p) = NonNull::new(p) {
        m.take_p(p);
    }
}

fn stop_spinning(m: &M) -> bool {
    let was = m.spinning.replace(false);
    if was {
        m.sched().global.wakes.stop_spinning();
    }
    was
}

fn start_spinning(m: &M) {
    if !m.spinning.replace(true) {
        m.sched().global.wakes.start_spinning();
    }
}

/// `m` has found nothing. `None`: look again.
pub(super) fn give_up(m: &M) -> Option<Found> {
    let sched = m.sched();
    let global = &sched.global;
    let p = m.p().expect("held");
    let mut inner = global.lock();
    if sched.is_stopped() || p.index as usize >= sched.procs.count() {
        return None;
    }
    if let Some(g) = global.pop_batch_locked(&mut inner, p, sched.procs.count()) {
        return Some((g, false));
    }
    if !m.spinning.get() && global.wakes.take_need() {
        start_spinning(m);
        return None;
    }
    p.trace.add_exact(Kind::Idle, 0, 0);
    let p = m.tenure.hold(None).expect("held");
    global.push_idle_p(&mut inner, p);
    drop(inner);

    // Whoever makes work from here on finds an idle P; whoever made it before saw us spin, or left
    // a note that we are needed. See README.md.
    let was_spinning = stop_spinning(m);
    if (was_spinning && work_anywhere(sched)) || global.wakes.take_need() {
        hold_idle_p(m);
        return None;
    }
    let rings = sched.sleeper.rings();
    if sched.sleeper.try_claim() {
        sleep_in_poller(m, rings);
    } else {
        debug_assert!(!m.spinning.get());
        global.lock().push_idle_m(NonNull::from(m));
        stop(m);
    }
    None
}

/// Takes an idle P, if there is one, to look for work with it.
fn hold_idle_p(m: &M) {
    let sched = m.sched();
    let p = sched.global.pop_idle_p(&mut sched.global.lock());
    if let Some(p) = p {
        m.take_p(p);
        start_spinning(m);
        sched.monitor.wake();
    }
}

fn work_anywhere(sched: &Sched) -> bool {
    sched.global.len() != 0 || sched.procs.iter().any(|p| !p.has_no_work())
}

/// Sleeps until a socket is ready, a timer due, or somebody wakes us; then queues whom the sockets
/// have made runnable. `rings` is from before we claimed that place.
fn sleep_in_poller(m: &M, rings: u32) {
    let sched = m.sched();
    let deadline = announce_deadline(sched);
    let mut ready: Vec<Unparker> = Vec::new();
    let poller = Poller::get().expect("made with the runtime");
    let timeout = |until: Nanos| (until != NEVER).then(|| until.saturating_sub(time::now()));
    let woken = || sched.sleeper.rings() != rings;
    if poller
        .poll_unless(&woken, timeout(deadline), &mut |waiter| ready.push(waiter))
        .is_none()
    {
        // Another runtime's M is in there. It takes our sockets' events too; our timers are ours.
        sched.sleeper.nap(rings, deadline);
    }
    sched.sleeper.release();

    hold_idle_p(m);
    if let Some(p) = m.p().filter(|_| !ready.is_empty()) {
        p.trace.add_exact(Kind::Poll, 0, ready.len() as u64);
    }
    for waiter in ready {
        // SAFETY: the poller hands over each claim once.
        unsafe { waiter.unpark() };
    }
}

/// Says until when we sleep: until the earliest timer of all Ps.
fn announce_deadline(sched: &Sched) -> Nanos {
    loop {
        let deadline = sched.earliest_timer();
        sched.sleeper.announce(deadline);
        // A timer that became the earliest before we said so was nobody's business.
        if sched.earliest_timer() >= deadline {
            return deadline;
        }
    }
}
