//! Leaving a goroutine, arriving in one.
//!
//! ```text
//!   goroutine A                         goroutine B, or the scheduler ("home")
//!   switch_away(commit)
//!     commit is left in M
//!     picks B while still on A's stack
//!     jump ----------------------------> arrived(): thread-locals know M
//!     (registers of A are saved)         settle(): does A's commit
//!   ...                                  ...
//!   arrived(), settle() <--------------- jump
//! ```
//! A goroutine is published (as parked, as runnable) only by `settle`, on the other side: whoever
//! may resume it finds its registers saved.

use super::entry::entry;
use super::{Commit, M};
use crate::find::Found;
use crate::goroutine::park_word::ParkWord;
use crate::goroutine::{G, Status};
use crate::host;
use crate::processor::P;
use crate::switch;
use crate::trace::{self, Kind, left};
use std::ptr::NonNull;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;

/// Thread ids of goroutines start here: above the kernel's (`pid_max` is at most 2^22).
const FIRST_TID: u32 = 1 << 22;

/// Leaves the running goroutine `g`; returns when it is resumed, with the M that carries it then.
///
/// # Safety
/// 1. `g` runs here, carried by `m`, inside the runtime.
/// 2. `commit` is about `g`. With [`Commit::Dead`] this does not return, and nothing on the stack
///    needs dropping.
#[inline(always)]
pub(crate) unsafe fn switch_away(g: &G, m: &M, commit: Commit) {
    // SAFETY: the caller's duty; picked just now.
    unsafe { switch_to(g, m, commit, pick(m)) }
}

/// As [`switch_away`], to `next`, or home.
///
/// # Safety
/// As [`switch_away`]; `next` was [picked](pick) just now.
#[inline(always)]
pub(crate) unsafe fn switch_to(g: &G, m: &M, commit: Commit, next: Option<&G>) {
    m.left.leave(commit);
    match (m.p(), next) {
        (Some(p), Some(next)) => trace::run(p, trace::left_by(g, &commit), next),
        (Some(p), None) => p.trace.add_exact(Kind::Stop, trace::left_by(g, &commit), 0),
        _ => {}
    }
    // SAFETY: the caller's duty.
    unsafe { leave_for(g, m, next) }
}

/// The switch itself; see [`switch_to`].
///
/// # Safety
/// As [`switch_to`]; the commit has been left.
#[inline]
unsafe fn leave_for(g: &G, m: &M, next: Option<&G>) {
    if g.fs.load(Relaxed) != 0 {
        gompa_park::seat::depart();
    }
    match next {
        Some(next) => {
            let p = m.p().expect("who picks holds a P");
            // SAFETY: picked; `m` holds `p`.
            unsafe { ready_to_run(next, m, p) };
            // SAFETY: `g` is saved to its own cell; `next` is ready.
            unsafe { jump(g.sp.as_ptr(), next) }
        }
        // SAFETY: home was saved when this M last left it, and is not resumed before that.
        None => unsafe { jump_home(g.sp.as_ptr(), m, g.fs.load(Relaxed) != 0) },
    }
    // SAFETY: resumed: `g.m` was set by whoever did it; the field is read afresh.
    let m = unsafe { &*g.m.get() };
    // SAFETY: on `g`'s thread-locals, right after the resume.
    unsafe { arrived(g, m) };
    m.settle();
}

/// The next goroutine, if it can be had without looking far; the caller's from here on.
#[inline]
pub(crate) fn pick(m: &M) -> Option<&G> {
    let p = m.p()?;
    let sched = m.sched();
    if p.index as usize >= sched.procs.count() || !m.locked.get().is_null() {
        return None;
    }
    if p.timers.next() <= sched.timer_clock(p) {
        return None;
    }
    let (next, inherits) = pick_from(p, m)?;
    // SAFETY: taken from a queue: ours now.
    let next = unsafe { next.as_ref() };
    if !next.locked_to.get().is_null() {
        m.picked.set(Some(NonNull::from(next)));
        return None;
    }
    if !inherits {
        p.count_tick();
    }
    p.counts.switches.add(1);
    fetch_ahead(p);
    Some(next)
}

/// Many goroutines are more memory than a cache holds: while this one runs, the registers of the
/// next and the memory of the one after that are fetched.
#[inline]
fn fetch_ahead(p: &P) {
    if let Some(second) = p.queue.upcoming(0) {
        // SAFETY: type-stable memory; only atomics are read.
        unsafe { second.as_ref() }.prefetch_registers();
        if let Some(third) = p.queue.upcoming(1) {
            G::prefetch(third.as_ptr());
        }
    }
}

#[inline]
fn pick_from(p: &P, m: &M) -> Option<Found> {
    m.sched()
        .take_in_turn(p)
        .or_else(|| p.queue.take())
        .or_else(|| m.sched().take_shared(p))
}

/// Gives `g` to `m`: after this, jumping to it is all that is left.
///
/// # Safety
/// The caller, on `m`, inside, holding `p`, has taken `g` from a queue.
#[inline]
pub(crate) unsafe fn ready_to_run(g: &G, m: &M, p: &P) {
    // SAFETY: the caller's duty.
    unsafe { give_to(g, m) };
    if g.is_fresh() {
        // SAFETY: as above.
        unsafe { furnish(g, m, p) };
    }
}

/// `m` is going to run `g`.
///
/// # Safety
/// As [`ready_to_run`].
#[inline]
pub(crate) unsafe fn give_to(g: &G, m: &M) {
    g.m.set(m);
    g.set_status(Status::Running);
    m.running.store(std::ptr::from_ref(g).cast_mut(), Relaxed);
}

/// A fresh goroutine gets a stack, a thread-local block and a first frame.
///
/// # Safety
/// As [`ready_to_run`]; `g` has no stack.
unsafe fn furnish(g: &G, m: &M, p: &P) {
    let sched = m.sched();
    // SAFETY: `p` is held.
    let stack = unsafe { sched.stacks.take(&p.stacks) };
    stack.set_owner(std::ptr::from_ref(g).cast_mut());
    let top = match sched.layout {
        Some(layout) => {
            let tid = FIRST_TID + stack.number();
            // SAFETY: the stack is ours, and nobody runs on it.
            let block = unsafe { layout.write(stack.top(), stack.low(), tid) };
            g.fs.store(block.fs, Relaxed);
            g.block.set(Some(block));
            block.stack_top
        }
        None => stack.top(),
    };
    // SAFETY: as above: the range below `top` is free stack.
    let sp = unsafe { switch::prepare(top, entry, std::ptr::from_ref(g).addr()) };
    g.sp.store(sp, Relaxed);
    // SAFETY: `g` is ours.
    unsafe { *g.stack.get() = Some(stack) };
}

/// A fresh goroutine takes over the stack, and the block on it, that the ended `from` leaves.
///
/// # Safety
/// The caller runs on that stack, on that block, and will run `to` there without a switch; nothing
/// of `from`'s thread-locals is used any more.
pub(crate) unsafe fn inherit(from: &G, to: &G, m: &M) {
    // SAFETY: both are ours.
    let stack = unsafe { (*from.stack.get()).take() }.expect("it runs on one");
    stack.set_owner(std::ptr::from_ref(to).cast_mut());
    if let Some(layout) = m.sched().layout {
        let block = from
            .block
            .take()
            .expect("written when the stack was first used");
        // SAFETY: the caller's duty.
        unsafe { layout.rewrite(&block, FIRST_TID + stack.number()) };
        to.fs.store(block.fs, Relaxed);
        to.block.set(Some(block));
    }
    // SAFETY: ours.
    unsafe { *to.stack.get() = Some(stack) };
}

/// # Safety
/// `to` is ready (see [`ready_to_run`]); the running context is saved in `*save` and resumed only
/// by whoever learns of it from `settle`.
#[inline]
pub(crate) unsafe fn jump(save: *mut usize, to: &G) {
    match to.fs.load(Relaxed) {
        // SAFETY: the caller's duty; no block: the thread-locals stay the carrier's.
        0 => unsafe { switch::switch_keep_fs(save, to.sp.load(Relaxed)) },
        // SAFETY: the caller's duty; the FS base is of `to`'s own block.
        fs => unsafe { switch::switch(save, to.sp.load(Relaxed), fs) },
    }
}

/// # Safety
/// As [`jump`]; `m` is the M that runs here, and its home is saved.
unsafe fn jump_home(save: *mut usize, m: &M, own_block: bool) {
    m.running.store(std::ptr::null_mut(), Relaxed);
    if own_block {
        // SAFETY: the caller's duty.
        unsafe { switch::switch(save, m.home_sp.get(), m.carrier.fs()) }
    } else {
        // SAFETY: the caller's duty.
        unsafe { switch::switch_keep_fs(save, m.home_sp.get()) }
    }
}

/// Right after `g` was resumed by `m`: thread-locals know about it.
///
/// # Safety
/// `g` runs here and `m` carries it.
#[inline]
pub(crate) unsafe fn arrived(g: &G, m: &M) {
    if g.fs.load(Relaxed) != 0 {
        // SAFETY: on a block of its own; the M lives as long as it carries anything.
        unsafe { switch::arrived(&m.carrier) };
        // SAFETY: 1. as above. 2. the goroutine's own block.
        unsafe { gompa_park::seat::arrive(&m.seat) };
    } else {
        // SAFETY: `g` is valid as a host while it runs; the thread-local is the carrier's, and
        // `execute` clears it when the carrier is home again.
        unsafe { gompa_park::host::enter(Some(host::of(g))) };
    }
}

impl M {
    /// Does what was left to do for the goroutine that was switched out last.
    #[inline]
    pub(crate) fn settle(&self) {
        // First, one by one: nearly always these, which branches predict and a table of cases hides.
        if let Some((g, then)) = self.left.take_park_then() {
            // SAFETY: type-stable memory; ours until `then`.
            unsafe { g.as_ref() }.park.commit_unseen();
            // SAFETY: once, while it waits.
            unsafe { then.run() };
        } else if let Some(g) = self.left.take_yield() {
            // SAFETY: type-stable memory; ours until it is queued.
            unsafe { g.as_ref() }.set_status(Status::Runnable);
            self.sched().put_yielded(self.p(), g);
        } else {
            self.settle_other();
        }
    }

    #[inline(never)]
    fn settle_other(&self) {
        let Some(commit) = self.left.take() else {
            return;
        };
        match commit {
            Commit::ParkThen(..) | Commit::Yield(_) => unreachable!("taken before"),
            Commit::Park(g) => {
                // SAFETY: type-stable memory; ours until the commit.
                if !unsafe { g.as_ref() }.park.commit() {
                    self.make_woken_runnable(g);
                }
            }
            Commit::TimedParkThen(g, then) => {
                // SAFETY: as for `Park`.
                let parked = unsafe { g.as_ref() }.park.commit();
                // SAFETY: once, while it waits, or before it goes on.
                unsafe { then.run() };
                if !parked {
                    self.make_woken_runnable(g);
                }
            }
            Commit::Dead(g) => self.bury(g),
        }
    }

    /// Frees an ended goroutine's stack and memory.
    pub(crate) fn bury(&self, g: NonNull<G>) {
        // SAFETY: it has ended, on this M; nobody else refers to it but to look.
        let dead = unsafe { g.as_ref() };
        // SAFETY: as above.
        let stack = unsafe { (*dead.stack.get()).take() };
        dead.fs.store(0, Relaxed);
        let sched = self.sched();
        if let Some(stack) = stack {
            stack.set_owner(std::ptr::null_mut());
            if sched.is_closing() {
                // Hardly anybody will want it, and who unwinds has touched more than who waits.
                stack.trim(true);
            }
            match self.p() {
                // SAFETY: inside, holding `p`; nobody runs on the stack.
                Some(p) => unsafe { sched.stacks.give(&p.stacks, stack) },
                None => sched.stacks.give_common(stack),
            }
        }
        dead.died();
        self.count_ended();
        sched.slab.give(self.p().map(|p| &p.free), g);
    }

    /// One goroutine less.
    #[inline]
    pub(crate) fn count_ended(&self) {
        match self.p() {
            Some(p) => p.counts.ended.add(1),
            None => {
                self.sched().outside_ended.fetch_add(1, Relaxed);
            }
        }
    }

    /// Wakes `g`, whose wait the caller has claimed; `word` is its park word.
    ///
    /// It is put into `runnext` first and then told: so the one read-modify-write that tells it is
    /// also the barrier between the queue and the look at who must be woken. Nobody takes it from
    /// there meanwhile: thieves leave `runnext` alone while its holder is inside. If it turns out
    /// not to be parked yet, it is taken out again.
    #[inline]
    pub(crate) fn unpark(&self, g: NonNull<G>, word: &ParkWord) {
        let sched = self.sched();
        let Some(p) = self.p() else {
            if word.notify() {
                sched.push_from_outside(g);
            }
            return;
        };
        let kicked = p.queue.put_next(g);
        if !word.notify() {
            p.queue.restore_next(kicked);
            return;
        }
        // SAFETY: it is in our `runnext`.
        trace::wake(p, unsafe { g.as_ref() });
        if let Some(kicked) = kicked {
            sched.put_local(p, kicked);
            fence(SeqCst);
        }
        sched.wake_p();
    }

    /// Queues a goroutine that was woken to run next here.
    #[inline]
    pub(crate) fn make_woken_runnable(&self, g: NonNull<G>) {
        if let Some(p) = self.p() {
            // SAFETY: type-stable memory; whoever wakes it has it.
            trace::wake(p, unsafe { g.as_ref() });
        }
        self.make_runnable(g);
    }

    /// Queues a goroutine that was woken, or is new, to run next here.
    #[inline]
    pub(crate) fn make_runnable(&self, g: NonNull<G>) {
        // SAFETY: type-stable memory; whoever wakes it has it.
        unsafe { g.as_ref() }.set_status(Status::Runnable);
        let sched = self.sched();
        match self.p() {
            Some(p) => {
                if let Some(kicked) = p.queue.put_next(g) {
                    sched.put_local(p, kicked);
                }
                if sched.procs.count() == 1 {
                    return; // and this is the one: nobody could be woken
                }
                fence(SeqCst);
            }
            None => sched.global.push(g),
        }
        sched.wake_p();
    }

    /// Home: runs `g` until something comes back here.
    pub(crate) fn execute(&self, g: NonNull<G>, inherits: bool) {
        // SAFETY: taken from a queue: ours now.
        let g = unsafe { g.as_ref() };
        let p = self.p().expect("who runs goroutines holds a P");
        if !inherits {
            p.count_tick();
        }
        p.counts.switches.add(1);
        trace::run(p, left::NONE, g);
        // SAFETY: inside, holding `p`.
        unsafe { ready_to_run(g, self, p) };
        // SAFETY: just made ready; home is resumed by `jump_home` on this M alone.
        unsafe { jump(self.home_sp.as_ptr(), g) };
        if self.sched().layout.is_none() {
            // SAFETY: this is the scheduler's code again, on the thread's own thread-locals.
            unsafe { gompa_park::host::enter(Some(host::home(self))) };
        }
    }
}
