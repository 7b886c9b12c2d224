//! The first frame of every stack: runs goroutines, one after the other.
//!
//! When a goroutine has ended and the next to run is a fresh one, that one starts right here, on
//! the warm stack, without a switch.

use super::Commit;
use super::switching::{arrived, give_to, inherit, pick, switch_to};
use crate::goroutine::G;
use crate::host;
use crate::switch;
use crate::trace::{self, left};
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
    if g.fs.load(Relaxed) != 0 {
        // SAFETY: `g` is valid as a host while it runs; the thread-local is on its own block.
        unsafe { gompa_park::host::enter(Some(host::of(g))) };
    }
    let task = g
        .task
        .take()
        .expect("a fresh goroutine has something to do");
    let closing = host::machine(g).sched().is_closing();
    host::machine(g).tenure.leave();
    let mut done = if closing {
        task.cancel(Box::new(Abandoned))
    } else {
        task.run()
    };
    done.drop_unwanted();
    // A thread-local's destructor that unwinds ends the process.
    g.keep_waiting(true);
    if g.fs.load(Relaxed) != 0 {
        // SAFETY: the function has ended; only destructors may use the thread-locals from here on.
        unsafe { switch::end_thread_locals() };
    }
    if done.finish() && g.fs.load(Relaxed) != 0 {
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
        g.locks.set(0);
        g.locked_to.set(std::ptr::null());
        m.locked.set(std::ptr::null());
        m.ending.store(true, Relaxed);
        // SAFETY: inside, ended.
        unsafe { switch_to(g, m, Commit::Dead(NonNull::from(g)), None) };
        unreachable!("a dead goroutine was resumed");
    }
    let next = pick(m);
    if let Some(next) = next
        && next.is_fresh()
    {
        // SAFETY: on `g`'s stack and block, which nothing uses any more.
        unsafe { inherit(g, next, m) };
        if let Some(p) = m.p() {
            trace::run(p, left::ENDED, next);
        }
        // SAFETY: picked; `m` holds a P.
        unsafe { give_to(next, m) };
        m.bury(NonNull::from(g));
        // SAFETY: `next` runs here now, carried by `m`.
        unsafe { arrived(next, m) };
        return next;
    }
    // SAFETY: inside, ended.
    unsafe { switch_to(g, m, Commit::Dead(NonNull::from(g)), next) };
    unreachable!("a dead goroutine was resumed")
}
