//! Which mutator runs here, and on which thread.
//!
//! A goroutine owns its thread-locals, so one thread-local names the mutator of the running code.
//! The thread is another matter. On a plain thread its worker is in a thread-local, too. A goroutine
//! finds it in the seat of the thread that carries it, and is told when that changes.

use super::Mutator;
use super::operation::Op;
use super::registry;
use super::worker::{NOWHERE, Worker};
use crate::protocol::phase::Ctl;
use gompa_park::seat::{self, Rider, Seat};
use std::cell::Cell;
use std::ptr::NonNull;

thread_local! {
    /// The mutator of the code that runs here, while it has scopes open.
    static CURRENT: Cell<Option<&'static Mutator>> = const { Cell::new(None) };
    /// A plain thread's worker.
    static WORKER: Cell<Option<&'static Worker>> = const { Cell::new(None) };
    /// Gives it back when the thread ends.
    static LEAVE: Leave = const { Leave };
}

struct Leave;

impl Drop for Leave {
    fn drop(&mut self) {
        // Scopes that are still open (this may be the destructor of a thread-local inside one) go on
        // elsewhere.
        if let Some(m) = CURRENT.get() {
            m.cast_off();
            m.worker.set(&NOWHERE);
            m.seen.set(Ctl::NONE);
        }
        if let Some(w) = WORKER.take() {
            release(w);
        }
    }
}

/// The thread of a worker ends, or needs it no more: no mutator is on it.
fn release(w: &'static Worker) {
    w.frame.enter();
    let ctl = w.frame.ctl();
    w.act_upon(ctl);
    w.flush(ctl);
    w.frame.leave();
    registry::give_worker(w);
}

/// How the scheduler tells a mutator of changes.
pub(super) const RIDER: Rider = Rider {
    boards: |rider, seat| {
        // SAFETY: the rider is the first field of a mutator, which is never freed.
        let m: &Mutator = unsafe { rider.cast().as_ref() };
        m.board(at(seat).unwrap_or(&NOWHERE));
    },
    alights: |rider| {
        // SAFETY: as above.
        let m: &Mutator = unsafe { rider.cast().as_ref() };
        m.cast_off();
    },
    may_wait: |rider| {
        // SAFETY: as above.
        let m: &Mutator = unsafe { rider.cast().as_ref() };
        m.may_wait()
    },
    gave_up: |rider| {
        // SAFETY: as above.
        let m: &Mutator = unsafe { rider.cast().as_ref() };
        m.gave_up();
    },
};

/// The worker that was put into that seat.
fn at(seat: &Seat) -> Option<&'static Worker> {
    // SAFETY: null, or a worker put there by `board_here`; those are never freed.
    unsafe { seat.value().cast::<Worker>().cast_const().as_ref() }
}

impl Mutator {
    /// Finds, or makes, the worker of the thread it is on. Not in an operation.
    pub(super) fn board_here(&self) {
        let w = match seat::seat() {
            Some(seat) => {
                // SAFETY: of the thread that carries this code, which does not wait here.
                let seat = unsafe { seat.as_ref() };
                at(seat).unwrap_or_else(|| {
                    let w = registry::take_worker();
                    // SAFETY: the thread's last act with it; its goroutines have gone by then.
                    unsafe { seat.occupy(std::ptr::from_ref(w).cast_mut().cast(), leave_seat) };
                    w
                })
            }
            None => WORKER.get().unwrap_or_else(|| {
                let w = registry::take_worker();
                // Where thread-locals are being destroyed, the last scope gives it back.
                let _ = LEAVE.try_with(|_| ());
                WORKER.set(Some(w));
                w
            }),
        };
        self.board(w);
    }
}

unsafe fn leave_seat(worker: *mut ()) {
    // SAFETY: put there by `board_here`.
    release(unsafe { &*worker.cast::<Worker>() });
}

/// The mutator of the code that runs here, for one more scope; [`close`] ends that.
#[inline]
pub(crate) fn open() -> &'static Mutator {
    let m = CURRENT.get().unwrap_or_else(begin);
    m.open.set(m.open.get() + 1);
    m
}

#[cold]
fn begin() -> &'static Mutator {
    crate::cycle::start();
    let m = registry::take_mutator();
    CURRENT.set(Some(m));
    // SAFETY: taken away by `end`.
    unsafe { seat::ride(Some(NonNull::from(m).cast())) };
    m.board_here();
    m
}

/// One scope less of `m`, which runs here.
#[inline]
pub(crate) fn close(m: &'static Mutator) {
    let open = m.open.get() - 1;
    m.open.set(open);
    if open == 0 {
        end(m);
    }
}

#[cold]
fn end(m: &'static Mutator) {
    CURRENT.set(None);
    // SAFETY: nothing is installed any more.
    unsafe { seat::ride(None) };
    m.worker.set(&NOWHERE);
    m.seen.set(Ctl::NONE);
    registry::give_mutator(m);
    if seat::seat().is_none()
        && LEAVE.try_with(|_| ()).is_err()
        && let Some(w) = WORKER.take()
    {
        release(w);
    }
}

/// An operation of the code that runs here, scope or no scope.
pub(crate) fn with_operation<R>(f: impl FnOnce(&Op<'_>) -> R) -> R {
    /// One scope less, whatever happens.
    struct Close(&'static Mutator);
    impl Drop for Close {
        fn drop(&mut self) {
            close(self.0);
        }
    }
    let m = Close(open());
    f(&m.0.enter())
}

/// Whether the code that runs here has a pin open.
pub(crate) fn is_pinned() -> bool {
    CURRENT.get().is_some_and(Mutator::is_pinned)
}
