//! Which OS thread carries the code that runs here, for libraries that keep something for each.
//!
//! A goroutine changes threads, but only where it waits or yields. A library that keeps a record for
//! each thread (a collector its allocation caches) therefore needs to hear of two moments: the
//! goroutine is about to leave its thread, and it has arrived on one. While it has something at
//! stake it installs a [`Rider`] for the running code; the scheduler calls it. Code without a rider
//! pays one look at a thread-local for each switch.
//!
//! A [`Seat`] is the library's place in each thread that carries goroutines. On a plain thread there
//! is none: there thread-locals will do. (So they must for goroutines that share their carrier's
//! thread-locals: no rider may be installed across a wait there, which is one of the duties of that
//! mode.)

use std::cell::Cell;
use std::ptr::{NonNull, null_mut};

/// A library's place in a thread that carries hosted code.
#[derive(Debug)]
pub struct Seat {
    value: Cell<*mut ()>,
    leave: Cell<Option<unsafe fn(*mut ())>>,
}

impl Default for Seat {
    fn default() -> Self {
        Seat::new()
    }
}

impl Seat {
    /// An empty one.
    pub const fn new() -> Self {
        Seat {
            value: Cell::new(null_mut()),
            leave: Cell::new(None),
        }
    }

    /// What was put here; null at first.
    #[inline]
    pub fn value(&self) -> *mut () {
        self.value.get()
    }

    /// Puts `value` here, for the rest of the thread's life.
    ///
    /// # Safety
    /// 1. `leave` may be called with `value` once, when the thread ends, by the thread itself.
    pub unsafe fn occupy(&self, value: *mut (), leave: unsafe fn(*mut ())) {
        self.value.set(value);
        self.leave.set(Some(leave));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(leave) = self.leave.get() {
            // SAFETY: duty 1 of `occupy`; a seat is dropped once.
            unsafe { leave(self.value.get()) }
        }
    }
}

/// What running code has at stake when it changes threads. All are called by that code itself.
#[derive(Debug)]
pub struct Rider {
    /// It has arrived on the thread of this seat. On the scheduler's way: must not wait or unwind.
    pub boards: unsafe fn(NonNull<Rider>, &Seat),
    /// It is about to leave its thread. As above.
    pub alights: unsafe fn(NonNull<Rider>),
    /// Whether it may wait now. If not, the wait is given up as if the host were at its end, and
    /// then `gave_up` is called.
    pub may_wait: unsafe fn(NonNull<Rider>) -> bool,
    /// A wait was given up; may unwind to say why.
    pub gave_up: unsafe fn(NonNull<Rider>),
}

#[derive(Clone, Copy)]
struct Here {
    seat: Option<NonNull<Seat>>,
    rider: Option<NonNull<Rider>>,
}

thread_local! {
    static HERE: Cell<Here> = const { Cell::new(Here { seat: None, rider: None }) };
}

/// The seat in the thread that carries the running code, for use until it next waits; `None` on a
/// plain thread.
pub fn seat() -> Option<NonNull<Seat>> {
    HERE.get().seat
}

/// Installs a rider for the running code, or takes it away, and returns the one before.
///
/// # Safety
/// 1. The rider stays valid, for calls of its functions by the running code, until it is taken away.
pub unsafe fn ride(rider: Option<NonNull<Rider>>) -> Option<NonNull<Rider>> {
    let here = HERE.get();
    HERE.set(Here { rider, ..here });
    here.rider
}

/// The scheduler, on the thread-locals of code that was just resumed: this thread carries it.
///
/// # Safety
/// 1. `seat` is of the thread that runs this and stays valid until the code leaves it.
/// 2. The thread-locals are the resumed code's own.
#[inline]
pub unsafe fn arrive(seat: &Seat) {
    let here = HERE.get();
    HERE.set(Here {
        seat: Some(NonNull::from(seat)),
        ..here
    });
    if let Some(rider) = here.rider {
        // SAFETY: installed, hence valid (`ride`, 1); the running code's own.
        unsafe { (rider.as_ref().boards)(rider, seat) }
    }
}

/// The scheduler, on the running code's thread-locals: it is about to be switched out.
#[inline]
pub fn depart() {
    if let Some(rider) = HERE.get().rider {
        // SAFETY: as in `arrive`.
        unsafe { (rider.as_ref().alights)(rider) }
    }
}

/// Whether the running code may wait.
#[inline]
pub fn may_wait() -> bool {
    match HERE.get().rider {
        // SAFETY: as in `arrive`.
        Some(rider) => unsafe { (rider.as_ref().may_wait)(rider) },
        None => true,
    }
}

/// The running code has given a wait up, because it may not wait or because its host ends.
pub(crate) fn gave_up() {
    if let Some(rider) = HERE.get().rider {
        // SAFETY: as in `arrive`.
        unsafe { (rider.as_ref().gave_up)(rider) }
    }
}
