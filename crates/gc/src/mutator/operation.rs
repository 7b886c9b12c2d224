//! The frame of every operation, and what a mutator does when it meets an announcement.

use super::Mutator;
use super::hold;
use super::worker::Worker;
use crate::cycle::driver;
use crate::heap::region::region;
use crate::protocol::phase::Ctl;

/// An operation that is open; it ends when this is dropped. No code of a user runs meanwhile, and
/// nothing waits but for a lock that is held for a moment.
pub(crate) struct Op<'a> {
    pub(crate) m: &'a Mutator,
    /// The worker of the thread that carries it; the same until the operation ends.
    pub(crate) w: &'static Worker,
    /// What holds for this operation.
    pub(crate) ctl: Ctl,
}

impl Drop for Op<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.w.frame.leave();
    }
}

impl Op<'_> {
    /// The barrier: `object` must not be lost. For what enters a field or leaves it, and what a
    /// weak pointer gave.
    #[inline(always)]
    pub(crate) fn shade(&self, object: usize) {
        #[cfg(test)]
        if crate::cycle::gate::is_barrier_out() {
            return;
        }
        if self.ctl.barrier() {
            self.log(object);
        }
    }

    #[inline(never)]
    fn log(&self, object: usize) {
        if object == 0 {
            return;
        }
        // What is marked is safe already: most of what new objects point to.
        let region = region();
        if !region.marks(self.ctl.cycle()).get(region.granule(object)) {
            let is_long = self.w.log.push(object);
            if is_long {
                driver::empty_logs();
            }
        }
    }
}

impl Mutator {
    #[inline(always)]
    pub(crate) fn worker(&self) -> &'static Worker {
        self.worker.get()
    }

    /// Opens an operation. They do not nest.
    #[inline(always)]
    pub(crate) fn enter(&self) -> Op<'_> {
        let mut w = self.worker();
        debug_assert!(
            w.is_nowhere() || !w.frame.is_busy(),
            "operations do not nest"
        );
        w.frame.enter();
        let mut ctl = w.frame.ctl();
        // Scalars, not an `Op`: that would go through memory, in halves and back as a whole, which
        // stalls the processor in every operation.
        if ctl != self.seen.get() {
            (w, ctl) = self.enter_late();
        }
        Op { m: self, w, ctl }
    }

    /// There was an announcement since the last operation, or the thread is another one.
    #[cold]
    #[inline(never)]
    fn enter_late(&self) -> (&'static Worker, Ctl) {
        loop {
            let w = self.worker();
            if w.is_nowhere() {
                w.frame.leave();
                self.board_here();
                self.worker().frame.enter();
                continue;
            }
            let ctl = w.frame.ctl();
            // In a pin registers hold handles that no slot knows: it takes no part in a scan. The
            // collector waits for its end before it relies on anything.
            if self.pins.get() == 0 {
                if hold::is_on() {
                    w.frame.leave();
                    hold::wait();
                    self.worker().frame.enter();
                    continue;
                }
                self.act_upon(w, ctl);
                if w.frame.ctl() != ctl {
                    continue;
                }
            } else if self.is_adrift() {
                // It has come to a thread that may know less than it acted upon before: a mutator
                // that has been scanned must find black cells here.
                w.act_upon(ctl);
            }
            return (w, ctl);
        }
    }

    /// In an operation, so that the next announcement waits for it.
    fn act_upon(&self, w: &'static Worker, ctl: Ctl) {
        w.act_upon(ctl);
        let cycle = ctl.cycle();
        if ctl.scanning() && !self.scan.is_done(cycle) {
            if self.scan.take(cycle) {
                // SAFETY: claimed.
                unsafe { self.each_slot(|object| _ = w.log.push(object)) };
                self.scan.finish(cycle);
            } else {
                self.scan.wait(cycle);
            }
        }
        self.seen.set(ctl);
    }

    /// It is on the thread of `w` now.
    pub(super) fn board(&self, w: &'static Worker) {
        self.worker.set(w);
        // What this thread has not acted upon, its mutators must not take for done.
        if w.seen() != self.seen.get() {
            self.seen.set(Ctl::NONE);
        }
    }
}
