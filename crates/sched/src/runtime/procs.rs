//! The Ps of a runtime. All of them are made at its start; their number can change while it runs.
//!
//! A P, once made, lives as long as the runtime: thieves and timers may look at it at any time. When
//! the number goes down, Ps past it are *retired* by whoever holds them, at their next look for
//! work, or at once if they are idle: what they have goes to the others. When it goes up again they
//! return.

use super::Sched;
use crate::global::List;
use crate::processor::P;
use gompa_park::Lock;
use gompa_park::time::Nanos;
use gompa_park::timer::Timers;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicPtr, AtomicUsize, fence};

/// The most Ps a runtime can have.
pub(crate) const MAX: usize = 1024;

/// See the [module](self).
pub(crate) struct Procs {
    /// Made Ps; null past `made`.
    all: Box<[AtomicPtr<P>]>,
    made: AtomicUsize,
    /// How many run.
    count: AtomicUsize,
    /// Held while the number changes.
    changing: Lock<()>,
}

impl Procs {
    pub(crate) fn new() -> Self {
        Procs {
            all: (0..MAX).map(|_| AtomicPtr::new(null_mut())).collect(),
            made: AtomicUsize::new(0),
            count: AtomicUsize::new(0),
            changing: Lock::new(()),
        }
    }

    /// How many there are.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// The P of that number, which must have been made.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> &P {
        // SAFETY: made, hence not null, and never freed before the runtime.
        unsafe { &*self.all[index].load(Acquire) }
    }

    /// Those that run.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &P> {
        (0..self.count()).map(|i| self.get(i))
    }

    /// Those that were ever made.
    pub(crate) fn iter_all(&self) -> impl Iterator<Item = &P> {
        (0..self.made.load(Acquire)).map(|i| self.get(i))
    }
}

impl Drop for Procs {
    fn drop(&mut self) {
        for p in &self.all[..self.made.load(Relaxed)] {
            // SAFETY: made by `Box::into_raw` below; the runtime ends.
            drop(unsafe { Box::from_raw(p.load(Relaxed)) });
        }
    }
}

impl Sched {
    /// Changes the number of Ps to `n` (clamped to 1..=[`MAX`]); returns the previous one.
    pub(crate) fn set_procs(self: &Arc<Self>, n: usize) -> usize {
        let n = n.clamp(1, MAX);
        let changing = self.procs.changing.lock();
        let before = self.procs.count();
        for i in self.procs.made.load(Relaxed)..n {
            self.make_p(i);
        }
        let mut inner = self.global.lock();
        self.procs.count.store(n, SeqCst);
        for i in before..n {
            // A retired P that its holder has not noticed yet is simply back; it is not idle.
            let p = self.procs.get(i);
            if p.retired.swap(false, SeqCst) {
                self.global.push_idle_p(&mut inner, NonNull::from(p));
            }
        }
        let gone = self
            .global
            .drain_idle_ps(&mut inner, |p| p.index as usize >= n);
        drop(inner);
        for p in gone {
            // SAFETY: taken off the idle list: ours.
            unsafe { self.retire(p) };
        }
        for _ in before..n {
            self.wake_p();
        }
        drop(changing);
        before
    }

    fn make_p(self: &Arc<Self>, index: usize) {
        let weak = Arc::downgrade(self);
        let timers = Timers::new(move |when| {
            if let Some(sched) = weak.upgrade() {
                sched.timer_set_on(index, when);
            }
        });
        let p = P::new(index as u32, Arc::new(timers));
        p.retired.store(true, Relaxed);
        self.procs.all[index].store(Box::into_raw(Box::new(p)), Release);
        self.procs.made.store(index + 1, Release);
    }

    /// A timer at `when` is the earliest in the heap of that P.
    fn timer_set_on(&self, index: usize, when: Nanos) {
        let p = self.procs.get(index);
        fence(SeqCst);
        if p.retired.load(SeqCst) {
            // Whoever set it chose the heap before the P went. Either we see that, or `retire` sees
            // the timer.
            p.timers.move_all_to(&self.procs.get(0).timers);
        }
        self.timer_became_earliest(when);
    }

    /// A P is one too many: gives what it has to the others, and the P to nobody.
    ///
    /// # Safety
    /// The caller has the P, and not on the idle list.
    #[cold]
    pub(crate) unsafe fn retire(&self, p: NonNull<P>) {
        // SAFETY: Ps live as long as their runtime.
        let this = unsafe { p.as_ref() };
        let mut list = List::new();
        while let Some((g, _)) = this.queue.take() {
            list.push(g);
        }
        self.global.push_list_front(list);
        self.flush_yielded(this);
        self.slab.spill(&this.free, 0);
        // SAFETY: the caller has the P.
        unsafe { self.stacks.give_all(&this.stacks) };
        let mut inner = self.global.lock();
        if (this.index as usize) < self.procs.count() {
            // The number went up again meanwhile.
            self.global.push_idle_p(&mut inner, p);
        } else {
            this.retired.store(true, SeqCst);
        }
        drop(inner);
        fence(SeqCst);
        let first = self.procs.get(0);
        this.timers.move_all_to(&first.timers);
        self.timer_became_earliest(first.timers.next());
        self.wake_p();
    }
}
