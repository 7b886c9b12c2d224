//! For tests: the collector stops where a test wants it, until the test lets it go on.
//!
//! ```text
//!   handshakes(Prep)   Prepared   handshake(Mark), scans   Marking   mark   Marked   handshake(Term) ...
//! ```
//! Tests take turns at this: see [`Turn`].

use crate::cycle::cleanup;
use crate::mutator::registry;
use crate::protocol::phase::Phase;
use std::cell::RefCell;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{self, JoinHandle};

/// A place between two steps of a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Point {
    /// The barrier is on everywhere; nobody has been told of `Mark`.
    Prepared,
    /// Roots and mutators are scanned; not one object is marked but those born black.
    Marking,
    /// Nothing is grey and no log has anything in it; nobody has been told of `Term`.
    Marked,
}

struct Gate {
    /// Where the collector is to stop.
    stop: Option<Point>,
    /// Where it has stopped.
    at: Option<Point>,
}

static GATE: Mutex<Gate> = Mutex::new(Gate {
    stop: None,
    at: None,
});
static MOVED: Condvar = Condvar::new();
static TURN: Mutex<()> = Mutex::new(());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The collector is at `point`.
pub(crate) fn pass(point: Point) {
    let mut gate = lock(&GATE);
    if gate.stop == Some(point) {
        gate.at = Some(point);
        MOVED.notify_all();
        while gate.stop == Some(point) {
            gate = MOVED.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
        gate.at = None;
    }
}

thread_local! {
    static BEFORE_STORE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// This thread's next `set` of a field does `f` when all but the store is done.
pub(crate) fn before_next_store(f: impl FnOnce() + 'static) {
    BEFORE_STORE.set(Some(Box::new(f)));
}

static BARRIER_IS_OUT: AtomicBool = AtomicBool::new(false);

/// From now on nothing is shaded: objects are lost.
pub(crate) fn take_barrier_out() {
    BARRIER_IS_OUT.store(true, Relaxed);
}

pub(crate) fn is_barrier_out() -> bool {
    BARRIER_IS_OUT.load(Relaxed)
}

/// A field is about to be stored to.
pub(crate) fn before_store() {
    if let Ok(Some(f)) = BEFORE_STORE.try_with(RefCell::take) {
        f();
    }
}

/// No other test has a cycle meanwhile. Taken before anything is allocated: another one's cycle would
/// free what only this one's is to look at, or wait for who is not to be waited for.
pub(crate) struct Turn(#[allow(dead_code)] MutexGuard<'static, ()>);

impl Turn {
    pub(crate) fn take() -> Turn {
        Turn(lock(&TURN))
    }
}

/// A cycle that goes on as the test says.
pub(crate) struct Cycle {
    collect: Option<JoinHandle<()>>,
}

impl Cycle {
    /// Begins one that will stop at the first point; does not wait for it.
    pub(crate) fn begin(_: &Turn) -> Cycle {
        // Assists would mark what a test wants unmarked.
        crate::set_percent(-1);
        let mut cycle = Cycle { collect: None };
        cycle.go_on(Some(Point::Prepared));
        cycle.collect = Some(thread::spawn(crate::collect));
        cycle
    }

    /// Begins one; the collector is at `Prepared`.
    pub(crate) fn prepared(turn: &Turn) -> Cycle {
        let cycle = Cycle::begin(turn);
        cycle.until(Point::Prepared);
        cycle
    }

    /// Begins one; the collector is at `Marking`.
    pub(crate) fn marking(turn: &Turn) -> Cycle {
        let cycle = Cycle::prepared(turn);
        cycle.until(Point::Marking);
        cycle
    }

    /// The collector goes on, to that point.
    pub(crate) fn go_on(&self, stop: Option<Point>) {
        lock(&GATE).stop = stop;
        MOVED.notify_all();
    }

    /// The collector goes on to `point`, and is there when this returns.
    pub(crate) fn until(&self, point: Point) {
        self.go_on(Some(point));
        let mut gate = lock(&GATE);
        while gate.at != Some(point) {
            gate = MOVED.wait(gate).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// From `Prepared`: everybody is told of `Mark`. The caller, or somebody else, has a pin open,
    /// so the collector has scanned nothing when this returns and will not before the pin's end.
    pub(crate) fn announce_mark(&self) {
        self.go_on(Some(Point::Marking));
        while registry::ctl().phase() != Phase::Mark {
            thread::yield_now();
        }
    }

    /// The cycle ends; destructors of what it found dead are queued.
    pub(crate) fn over(&mut self) {
        self.go_on(None);
        if let Some(collect) = self.collect.take() {
            collect.join().expect("collect does not panic");
        }
    }

    /// The cycle ends, and the destructors of what it found dead have run when this returns.
    pub(crate) fn finish(mut self) {
        self.over();
        let (done, all) = mpsc::channel();
        cleanup::run_soon(move || _ = done.send(()));
        all.recv().expect("a cleanup runs");
    }
}

impl Drop for Cycle {
    fn drop(&mut self) {
        self.go_on(None);
        if let Some(collect) = self.collect.take() {
            let _ = collect.join();
        }
    }
}
