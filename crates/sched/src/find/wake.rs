//! Waking Ms: when work appears, and when a P changes hands.

use crate::machine::M;
use crate::processor::P;
use crate::runtime::Sched;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

impl Sched {
    /// Work has appeared: sees to it that somebody looks for it, unless somebody does already. The
    /// caller has published the work with sequential consistency.
    #[inline]
    pub(crate) fn wake_p(&self) {
        if self.global.wakes.want_somebody() {
            self.wake_spinner();
        }
    }

    #[cold]
    fn wake_spinner(&self) {
        if self.is_stopped() {
            return; // no goroutine is left
        }
        let global = &self.global;
        if !global.wakes.claim() {
            return;
        }
        let mut inner = global.lock();
        let Some(p) = global.pop_idle_p(&mut inner) else {
            global.wakes.call_off(true);
            return;
        };
        if let Some(m) = inner.pop_idle_m() {
            drop(inner);
            self.monitor.wake();
            self.hand_to(m, p, true);
            return;
        }
        if self.wake_sleeper() {
            // The one in the poller takes an idle P by itself, and looks everywhere.
            global.push_idle_p(&mut inner, p);
            global.wakes.call_off(false);
            return;
        }
        drop(inner);
        self.monitor.wake();
        self.new_machine(Some(p), true);
    }

    /// Gives `p` to a stopped M that was taken off the idle list.
    fn hand_to(&self, m: NonNull<M>, p: NonNull<P>, spinning: bool) {
        // SAFETY: an M on the idle list waits to be taken off it, so it is alive and its cells are
        // its waker's until the note rings.
        let m = unsafe { m.as_ref() };
        m.spinning.set(spinning);
        m.next_p.store(p.as_ptr(), Relaxed);
        m.note.ring();
    }

    /// Runs `p`, which the caller owns, on some M.
    fn start_machine(&self, p: NonNull<P>, spinning: bool) {
        let stopped = self.global.lock().pop_idle_m();
        match stopped {
            Some(m) => self.hand_to(m, p, spinning),
            None => self.new_machine(Some(p), spinning),
        }
    }

    /// A P was given up by an M that blocks: to an M that can use it, or to the idle list.
    pub(crate) fn hand_off(&self, p: NonNull<P>) {
        let global = &self.global;
        // SAFETY: Ps live as long as their runtime; the caller owns it.
        let this = unsafe { p.as_ref() };
        if !this.has_no_work() || global.len() != 0 {
            self.start_machine(p, false);
            return;
        }
        // Nobody looks and nobody is idle: work that appears now would find nobody.
        if global.wakes.spinning() + global.wakes.idle() == 0 && global.wakes.claim() {
            self.start_machine(p, true);
            return;
        }
        let mut inner = global.lock();
        if this.index as usize >= self.procs.count() {
            drop(inner);
            // SAFETY: the caller owns it.
            unsafe { self.retire(p) };
            return;
        }
        if global.len() != 0 {
            drop(inner);
            self.start_machine(p, false);
            return;
        }
        global.push_idle_p(&mut inner, p);
        drop(inner);
        // Its timers are now for whoever sleeps in the poller; if nobody does, somebody must.
        let next = this.timers.next();
        if next != gompa_park::time::NEVER {
            self.timer_became_earliest(next);
        }
        if global.wakes.take_need() || !self.someone_sleeps_in_poller() {
            self.wake_p();
        }
    }
}
