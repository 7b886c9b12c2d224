//! The first frame of every stack: runs goroutines, one after the other.
//!
//! When a goroutine has ended and the next to run is a fresh one, that one starts right here, on
//! the warm stack, without a switch.

use super::switching::{arrived, inherit, switch_away};
use super::{Commit, M};
use crate::goroutine::G;
use crate::host;
use crate::switch;
use gompa_park::waiter::Abandoned;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

/// Where [`switch::prepare`] sends a fresh goroutine; `address` is its [`G`].
pub(crate) extern "C" fn entry(address: usize) -> ! {
    // SAFETY: the address of a goroutine that was just resumed; its memory is type-stable.
    let mut g: &G = unsafe { &*std::ptr::with_exposed_provenance(address) };
    // SAFETY: set by whoever resumed it.
    let m = unsafe { &*g.m.get() };
    // SAFETY: `g` runs here, carried by `m`.
    unsafe { arrived(g, m) };
    m.settle();
    loop {
        live(g);
        g = last_words(g);
    }
}

/// Runs the function of `g`. Inside on entry and on return.
#[inline(never)]
fn live(g: &G) {
    if g.fs.get() != 0 {
        // SAFETY: `g` is valid as a host while it runs; the thread-local is on its own block.
        unsafe { gompa_park::host::enter(Some(host::of(g))) };
    }
    let task = g.task.take().expect("a fresh goroutine has something to do");
    let closing = host::machine(g).sched().is_closing();
    host::machine(g).tenure.leave();
    let done = if closing { task.cancel(Box::new(Abandoned)) } else { task.run() };
    if g.fs.get() != 0 {
        // SAFETY: the function has ended; only destructors may use the thread-locals from here on.
        unsafe { switch::end_thread_locals() };
    }
    if done.finish() && g.fs.get() != 0 {
        // The result was dropped here, and its drop may have used thread-locals again.
        // SAFETY: as above.
        unsafe { switch::end_thread_locals() };
    }
    host::enter(g);
}

/// `g` has ended: the fresh goroutine that goes on in its place. Does not return otherwise.
fn last_words(g: &G) -> &G {
    let m = host::machine(g);
    if !g.locked_to.get().is_null() {
        // A thread that was locked may be in any state: it ends with its goroutine.
        g.locked_to.set(std::ptr::null());
        m.locked.set(std::ptr::null());
        m.ending.store(true, Relaxed);
    } else if let Some(next) = next_fresh(m) {
        // SAFETY: on `g`'s stack and block, which nothing uses any more.
        unsafe { inherit(g, next, m) };
        next.m.set(m);
        next.set_status(crate::goroutine::Status::Running);
        m.running.store(std::ptr::from_ref(next).cast_mut(), Relaxed);
        m.bury(NonNull::from(g));
        // SAFETY: `next` runs here now, carried by `m`.
        unsafe { arrived(next, m) };
        return next;
    }
    // SAFETY: inside, ended.
    unsafe { switch_away(g, m, Commit::Dead(NonNull::from(g))) };
    unreachable!("a dead goroutine was resumed")
}

/// The next goroutine of the local queue if it is fresh; otherwise the queue is left as it was, but
/// for one that moves to `runnext`.
fn next_fresh(m: &M) -> Option<&G> {
    let p = m.p()?;
    let sched = m.sched();
    if p.index as usize >= sched.procs.count()
        || p.timers.next() <= sched.timer_clock(p)
        || p.tick().wrapping_add(1).is_multiple_of(super::switching::GLOBAL_EVERY)
    {
        return None;
    }
    let (next, inherits) = p.queue.take()?;
    // SAFETY: taken from a queue: ours now.
    let g = unsafe { next.as_ref() };
    // SAFETY: as above.
    if unsafe { (*g.stack.get()).is_some() } {
        // Somebody else's turn, and with a stack of its own: `pick` takes it from here.
        if let Some(kicked) = p.queue.put_next(next) {
            sched.put_local(p, kicked);
        }
        return None;
    }
    if !inherits {
        p.count_tick();
    }
    p.counts.switches.add(1);
    Some(g)
}
