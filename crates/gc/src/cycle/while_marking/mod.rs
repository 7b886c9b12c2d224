//! Moves of an object's only pointer, each at the one moment where a piece of the barrier is all that
//! saves it.
//!
//! The collector is stopped between two steps of its cycle (see [`gate`](super::gate)), so nothing
//! here depends on luck. Every object has a destructor that is counted, by a count outside of the
//! heap; each cycle also has garbage whose destructor must have run in the end.
//!
//! Each test was seen to fail with the engine changed as its comment says; `old` and `new` are the
//! values that a store replaces and puts.
//!
//! Two settings come again and again:
//! - *At `Marking`*: the test's thread has been scanned, and what its slots hold is grey: it is black,
//!   and its objects' fields have not been looked at.
//! - *Under a pin*: everybody is told of `Mark`, but the collector waits for a pin. Whoever does an
//!   operation outside of it is black from then on; who is in it is white, allocates white, and holds
//!   what no slot knows.

mod deletion;
mod ends;
mod insertion;
mod maps;

use super::gate::{Cycle, Point, Turn};
use crate::{Field, Gc, Opaque, Scope, Trace, scope};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread;

/// How many of its objects have been destroyed.
#[derive(Clone, Default)]
struct Deaths(Arc<AtomicUsize>);

struct Mortal(Deaths);

impl Drop for Mortal {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}

impl Deaths {
    #[track_caller]
    fn are(&self, n: usize) {
        assert_eq!(self.0.load(SeqCst), n, "objects destroyed");
    }

    fn thing<'gc>(&self) -> Thing<'gc> {
        self.with_edge(None)
    }

    fn with_edge<'gc>(&self, edge: Option<Gc<'gc, Thing<'gc>>>) -> Thing<'gc> {
        Thing {
            _mortal: Opaque(Mortal(self.clone())),
            edge,
            next: Field::nil(),
        }
    }
}

#[derive(Trace)]
struct Thing<'gc> {
    _mortal: Opaque<Mortal>,
    edge: Option<Gc<'gc, Thing<'gc>>>,
    next: Field<'gc, Thing<'gc>>,
}

/// Something for a cycle to free, and the turn at it.
struct Garbage(Deaths, Turn);

impl Garbage {
    fn new(s: &Scope) -> Garbage {
        let turn = Turn::take();
        let deaths = Deaths::default();
        s.nested(|n| _ = n.alloc(deaths.thing()));
        Garbage(deaths, turn)
    }

    /// Ends the cycle, which must have freed it.
    #[track_caller]
    fn finish(self, cycle: Cycle) -> Turn {
        cycle.finish();
        self.0.are(1);
        self.1
    }
}

/// What `f` does while everybody is told of `Mark` and the collector waits for another's pin.
fn under_a_pin<R>(cycle: &Cycle, f: impl FnOnce() -> R) -> R {
    let (opened, is_open) = mpsc::channel();
    let (over, is_over) = mpsc::channel::<()>();
    thread::scope(|t| {
        t.spawn(move || {
            scope(|s| {
                s.pin(|_| {
                    opened.send(()).unwrap();
                    let _ = is_over.recv();
                });
            });
        });
        is_open.recv().unwrap();
        cycle.announce_mark();
        let result = f();
        drop(over);
        cycle.until(Point::Marking);
        result
    })
}
