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

use super::cleanup;
use super::gate::{Cycle, Point, Turn, before_next_store};
use crate::mutator::registry;
use crate::protocol::phase::Phase;
use crate::{Array, Field, Gc, List, Opaque, Root, Scope, Trace, Weak, scope};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// How many of its objects have been destroyed.
#[derive(Clone, Default)]
pub(super) struct Deaths(Arc<AtomicUsize>);

struct Mortal(Deaths);

impl Drop for Mortal {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, SeqCst);
    }
}

impl Deaths {
    #[track_caller]
    pub(super) fn are(&self, n: usize) {
        assert_eq!(self.0.load(SeqCst), n, "objects destroyed");
    }

    pub(super) fn thing<'gc>(&self) -> Thing<'gc> {
        self.with_edge(None)
    }

    pub(super) fn with_edge<'gc>(&self, edge: Option<Gc<'gc, Thing<'gc>>>) -> Thing<'gc> {
        Thing {
            _mortal: Opaque(Mortal(self.clone())),
            edge,
            next: Field::nil(),
        }
    }
}

#[derive(Trace)]
pub(super) struct Thing<'gc> {
    _mortal: Opaque<Mortal>,
    pub(super) edge: Option<Gc<'gc, Thing<'gc>>>,
    next: Field<'gc, Thing<'gc>>,
}

/// Something for a cycle to free, and the turn at it.
pub(super) struct Garbage(pub(super) Deaths, pub(super) Turn);

impl Garbage {
    pub(super) fn new(s: &Scope) -> Garbage {
        let turn = Turn::take();
        let deaths = Deaths::default();
        s.nested(|n| _ = n.alloc(deaths.thing()));
        Garbage(deaths, turn)
    }

    /// Ends the cycle, which must have freed it.
    #[track_caller]
    pub(super) fn finish(self, cycle: Cycle) -> Turn {
        cycle.finish();
        self.0.are(1);
        self.1
    }
}

/// A black thread moves what `holder`, not yet traced, points to into a slot, by `f`.
#[track_caller]
fn deletion(f: impl for<'s> FnOnce(&'s Scope, Gc<'s, Thing<'s>>) -> Option<Gc<'s, Thing<'s>>>) {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let holder = s.alloc(Deaths::default().thing());
        s.nested(|n| holder.next.set(n, n.alloc(lost.thing())));
        let cycle = Cycle::marking(&garbage.1);
        let held = f(s, holder);
        assert!(holder.next.is_nil() || holder.next.get(s).is_some());
        garbage.finish(cycle);
        lost.are(0);
        assert!(held.is_some_and(|held| held.edge.is_none()));
    });
}

/// Fails without shading of `old` in `set`.
#[test]
fn loaded_and_cleared() {
    deletion(|s, holder| {
        let held = holder.next.get(s);
        holder.next.clear(s);
        held
    });
}

/// Fails without shading of `old` in `set`.
#[test]
fn loaded_and_overwritten_by_another_thread() {
    deletion(|s, holder| {
        let held = holder.next.get(s);
        thread::scope(|t| {
            t.spawn(|| scope(|o| holder.next.set(o, o.alloc(Deaths::default().thing()))));
        });
        held
    });
}

/// Fails without shading of `old` in `exchange`.
#[test]
fn taken() {
    deletion(|s, holder| holder.next.take(s));
}

/// Fails without shading of `old` in `exchange`.
#[test]
fn swapped_out() {
    deletion(|s, holder| holder.next.swap(s, s.alloc(Deaths::default().thing())));
}

/// Fails without shading of `old` in `exchange`.
#[test]
fn exchanged_out() {
    deletion(|s, holder| {
        let held = holder.next.get(s);
        assert!(holder.next.compare_exchange(s, held, None).is_ok());
        held
    });
}

/// Fails without shading of `old` in `set`: cleared in a pin, after the thread was scanned.
#[test]
fn loaded_and_cleared_in_a_pin() {
    deletion(|s, holder| {
        s.pin(|p| {
            let held = holder.next.get(p).map(|held| s.keep(held));
            holder.next.clear(p);
            held
        })
    });
}

/// Fails without shading of `old` in `set`.
#[test]
fn loaded_and_cleared_in_an_array() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        // One in a span, one with pages of its own.
        let arrays = [10, 5000]
            .map(|len| s.nested(|n| s.keep(n.array(len, |_| Field::new(n.alloc(lost.thing()))))));
        let cycle = Cycle::marking(&garbage.1);
        let mut held = Vec::new();
        for array in arrays {
            for element in array.iter() {
                held.extend(element.get(s));
                element.clear(s);
            }
        }
        garbage.finish(cycle);
        lost.are(0);
        assert_eq!(held.len(), 5010);
    });
}

/// Fails without shading of `old` in `set`: a list's array is replaced while it is read.
#[test]
fn a_list_grows_while_it_is_walked() {
    #[derive(Trace)]
    struct Shelf<'gc> {
        things: List<'gc, Thing<'gc>>,
    }
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let shelf = s.alloc(Shelf {
            things: List::new(),
        });
        s.nested(|n| (0..4).for_each(|_| shelf.things.push(n, n.alloc(lost.thing()))));
        let cycle = Cycle::marking(&garbage.1);
        let walk = shelf.things.iter(s);
        shelf.things.push(s, s.alloc(lost.thing()));
        garbage.finish(cycle);
        lost.are(0);
        // An array has no destructor: if it was freed, these take its place.
        let other = s.alloc(Deaths::default().thing());
        (0..10_000).for_each(|_| s.nested(|n| _ = n.array(4, |_| Field::new(other))));
        let old: Vec<_> = walk.collect();
        let new: Vec<_> = shelf.things.iter(s).collect();
        assert_eq!((old.len(), new.len()), (4, 5));
        assert!(old.iter().zip(&new).all(|(a, b)| a.ptr_eq(*b)));
    });
}

/// Fails without shading of `old` in `Root`'s `put`: under a pin, so before roots are looked at.
#[test]
fn kept_from_a_root_that_is_dropped() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let mut roots: Vec<Root<Thing<'static>>> = (0..2)
            .map(|_| s.nested(|n| Root::new(n.alloc(lost.thing()))))
            .collect();
        let cycle = Cycle::prepared(&garbage.1);
        let held = under_a_pin(&cycle, || {
            let held = [s.keep(roots[0].get()), s.keep(roots[1].get())];
            roots[0].set(s.alloc(Deaths::default().thing()));
            roots.pop();
            held
        });
        garbage.finish(cycle);
        lost.are(0);
        assert!(held.iter().all(|held| held.edge.is_none()));
    });
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

/// A white thread, in a pin, has the only pointer to an object. A black one makes `f`'s object, stores
/// it in `shared`; then the white one does `g`.
#[track_caller]
fn insertion(
    f: impl for<'s> FnOnce(&'s Scope, Gc<'s, Thing<'s>>, &Deaths) -> Gc<'s, Thing<'s>> + Send,
    g: impl for<'p> FnOnce(&'p crate::Pin, Gc<'p, Thing<'p>>, Gc<'p, Thing<'p>>),
) {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let shared = s.alloc(Deaths::default().thing());
        let cycle = Cycle::prepared(&garbage.1);
        s.pin(|p| {
            let white = p.alloc(lost.thing());
            cycle.announce_mark();
            thread::scope(|t| {
                t.spawn(|| {
                    scope(|o| {
                        let black = f(o, white, &Deaths::default());
                        shared.next.set(o, black);
                    });
                });
            });
            let black = shared.next.get(p).expect("just set");
            g(p, black, white);
        });
        cycle.until(Point::Marking);
        garbage.finish(cycle);
        lost.are(0);
        let black = shared.next.get(s).expect("still there");
        assert!(black.edge.or(black.next.get(s)).is_some());
    });
}

/// Fails without shading of `new` in `set`.
#[test]
fn set_into_a_black_object() {
    insertion(
        |s, _, deaths| s.alloc(deaths.thing()),
        |p, black, white| black.next.set(p, white),
    );
}

/// Fails without shading of `new` in `exchange`.
#[test]
fn swapped_into_a_black_object() {
    insertion(
        |s, _, deaths| s.alloc(deaths.thing()),
        |p, black, white| assert!(black.next.swap(p, white).is_none()),
    );
}

/// Fails without shading of `new` in `exchange`.
#[test]
fn exchanged_into_a_black_object() {
    insertion(
        |s, _, deaths| s.alloc(deaths.thing()),
        |p, black, white| {
            let nil = None::<Gc<'_, Thing<'_>>>;
            assert!(black.next.compare_exchange(p, nil, white).is_ok());
        },
    );
}

/// Fails without shading of `new` in `set`: the black thread itself stores what it was lent.
#[test]
fn lent_and_stored() {
    insertion(
        |s, white, deaths| {
            let black = s.alloc(deaths.thing());
            black.next.set(s, white);
            black
        },
        |_, _, _| {},
    );
}

/// Fails without logging of a newborn's edges.
#[test]
fn lent_and_an_edge_of_a_newborn() {
    insertion(
        |s, white, deaths| s.alloc(deaths.with_edge(Some(white))),
        |_, _, _| {},
    );
}

/// Fails without logging of a newborn's fields.
#[test]
fn lent_and_in_a_field_of_a_newborn() {
    insertion(
        |s, white, deaths| {
            s.alloc(Thing {
                next: Field::new(white),
                ..deaths.thing()
            })
        },
        |_, _, _| {},
    );
}

/// Fails without logging of a newborn array's fields, and without shading of `new` in `set`.
#[test]
fn lent_and_in_a_black_array() {
    #[derive(Trace)]
    struct Case<'gc> {
        array: Field<'gc, Array<Field<'gc, Thing<'gc>>>>,
    }
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let case = s.alloc(Case {
            array: Field::nil(),
        });
        let cycle = Cycle::prepared(&garbage.1);
        s.pin(|p| {
            let whites = [(); 2].map(|()| p.alloc(lost.thing()));
            cycle.announce_mark();
            thread::scope(|t| {
                t.spawn(|| {
                    scope(|o| {
                        let first = o.array(1000, |i| match i {
                            0 => Field::new(whites[0]),
                            _ => Field::<Thing<'_>>::nil(),
                        });
                        case.array.set(o, first);
                    });
                });
            });
            case.array.get(p).expect("just set")[1].set(p, whites[1]);
        });
        cycle.until(Point::Marking);
        garbage.finish(cycle);
        lost.are(0);
        let array = case.array.get(s).expect("still there");
        assert!(array[..2].iter().all(|element| !element.is_nil()));
    });
}

/// Fails without shading of `new` in `set`.
#[test]
fn lent_and_pushed_on_a_black_list() {
    #[derive(Trace)]
    struct Shelf<'gc> {
        things: List<'gc, Thing<'gc>>,
    }
    #[derive(Trace)]
    struct Room<'gc> {
        shelf: Field<'gc, Shelf<'gc>>,
    }
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let room = s.alloc(Room {
            shelf: Field::nil(),
        });
        let cycle = Cycle::prepared(&garbage.1);
        s.pin(|p| {
            let whites = [(); 9].map(|()| p.alloc(lost.thing()));
            cycle.announce_mark();
            thread::scope(|t| {
                t.spawn(|| {
                    scope(|o| {
                        let shelf = o.alloc(Shelf {
                            things: List::new(),
                        });
                        whites.iter().for_each(|w| shelf.things.push(o, *w));
                        room.shelf.set(o, shelf);
                    });
                });
            });
        });
        cycle.until(Point::Marking);
        garbage.finish(cycle);
        lost.are(0);
        assert_eq!(room.shelf.get(s).map(|shelf| shelf.things.len()), Some(9));
    });
}

/// Fails without black allocation: in what is left of a run, in runs taken later, of large objects.
#[test]
fn born_while_marking() {
    let [rest, runs, large] = [(); 3].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        s.alloc(rest.thing()); // a run is begun
        let cycle = Cycle::marking(&garbage.1);
        let mut held = vec![s.alloc(rest.thing())];
        held.extend((0..5000).map(|_| s.alloc(runs.thing())));
        let array = s.array(5000, |_| Opaque(Mortal(large.clone())));
        garbage.finish(cycle);
        rest.are(0);
        runs.are(0);
        large.are(0);
        assert_eq!((held.len(), array.len()), (5001, 5000));
    });
}

/// Fails without shading in `upgrade`.
#[test]
fn upgraded_while_marking() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let weak: Weak<Thing<'static>> = s.nested(|n| Weak::new(n.alloc(lost.thing())));
        let cycle = Cycle::marking(&garbage.1);
        let held = weak.upgrade(s);
        garbage.finish(cycle);
        lost.are(0);
        assert!(held.is_some() && weak.upgrade(s).is_some());
    });
}

/// Fails without shading in `upgrade`, and without the look at the logs in `Term`: marking is over,
/// as the collector believes.
#[test]
fn upgraded_at_the_last_moment() {
    let [lost, next] = [(); 2].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        let weak: Weak<Thing<'static>> = s.nested(|n| {
            let end = n.alloc(next.thing());
            Weak::new(n.alloc(lost.with_edge(Some(end))))
        });
        let cycle = Cycle::marking(&garbage.1);
        cycle.until(Point::Marked);
        let held = weak.upgrade(s);
        garbage.finish(cycle);
        lost.are(0);
        next.are(0);
        assert!(held.is_some() && weak.upgrade(s).is_some());
    });
}

/// Fails if what a finalizer is to get is not kept, or not traced.
#[test]
fn brought_back_by_a_finalizer() {
    static BACK: Mutex<Option<Root<Thing<'static>>>> = Mutex::new(None);
    let [lost, next] = [(); 2].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        let weak: Weak<Thing<'static>> = s.nested(|n| {
            let end = n.alloc(next.thing());
            let g = n.alloc(lost.with_edge(Some(end)));
            n.finalizer(g, |_, g| *BACK.lock().unwrap() = Some(Root::new(g)));
            Weak::new(g)
        });
        let cycle = Cycle::marking(&garbage.1);
        let turn = garbage.finish(cycle);
        assert!(weak.upgrade(s).is_none(), "weak pointers go first");
        lost.are(0);
        next.are(0);
        Cycle::marking(&turn).finish();
        lost.are(0);
        next.are(0);
        let back = BACK.lock().unwrap().take().expect("the finalizer has run");
        assert!(back.get().edge.is_some());
        drop(back);
        Cycle::marking(&turn).finish();
        lost.are(1);
        next.are(1);
    });
}

/// Fails if what a finalizer gets is in its thread's slot alone, unshaded: a black one, since the
/// finalizer of the last cycle begins when this one is marking.
#[test]
fn a_finalizer_that_begins_while_marking() {
    static GO: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>> = Mutex::new(None);
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let (began, has_begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        *GO.lock().unwrap() = Some((began, may_go));
        s.nested(|n| {
            n.finalizer(n.alloc(lost.thing()), |_, _| {
                let (began, may_go) = GO.lock().unwrap().take().unwrap();
                began.send(()).unwrap();
                let _ = may_go.recv();
            });
        });
        let (clear, is_clear) = mpsc::channel::<()>();
        cleanup::run_soon(move || _ = is_clear.recv());
        drop(Cycle::marking(&garbage.1)); // it is over, and the finalizer behind another job
        let mut cycle = Cycle::marking(&garbage.1);
        drop(clear);
        has_begun.recv().unwrap();
        cycle.over();
        drop(go);
        let _turn = garbage.finish(cycle); // it is garbage now: another's cycle would free it
        lost.are(0);
    });
}

/// Fails, nearly always, without the second wait in `Prep`. White B is about to store, with the
/// barrier off; A stores to the same field, with the barrier on, and has seen nil there. B's value
/// is loaded by a black thread before A overwrites it: nobody shades it.
///
/// A right collector cannot come to `Mark` while A is where it is. So that a wrong one can, there are
/// two waits for some time; they are for that only, and nothing fails if they are too short.
#[test]
fn two_stores_to_one_field() {
    fn soon(done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() && began.elapsed() < Duration::from_millis(200) {
            thread::sleep(Duration::from_millis(1));
        }
    }
    /// A thread that stores an object of its own to `shared` and says how far it is.
    fn store(shared: &Thing<'_>, of: &Deaths, said: mpsc::Sender<usize>, go: mpsc::Receiver<()>) {
        scope(|s| {
            let mine = s.alloc(of.thing());
            let worker = s.mutator().worker();
            let all = registry::workers();
            let index = all.iter().position(|w| std::ptr::eq(*w, worker));
            said.send(index.expect("it is there")).unwrap();
            go.recv().unwrap();
            before_next_store(move || {
                said.send(0).unwrap();
                go.recv().unwrap();
            });
            shared.next.set(s, mine);
        });
    }
    let [first, second] = [(); 2].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        let shared = &*s.alloc(Deaths::default().thing());
        let (cycle, held) = thread::scope(|t| {
            let mut pair = [&first, &second].map(|of| {
                let (said, hear) = mpsc::channel();
                let (go, may_go) = mpsc::channel();
                let handle = t.spawn(move || store(shared, of, said, may_go));
                (hear.recv().unwrap(), hear, go, handle)
            });
            // The handshake looks at A first, or it would wait for A before it can come to `Mark`.
            pair.sort_by_key(|thread| thread.0);
            let [(_, a, a_go, a_handle), (_, b, b_go, b_handle)] = pair;
            b_go.send(()).unwrap();
            b.recv().unwrap();
            let cycle = Cycle::begin(&garbage.1);
            cycle.go_on(Some(Point::Marking));
            while registry::ctl().phase() != Phase::Prep {
                thread::yield_now();
            }
            soon(|| false); // it has looked at A, and waits for B
            a_go.send(()).unwrap();
            a.recv().unwrap();
            b_go.send(()).unwrap();
            b_handle.join().unwrap();
            soon(|| registry::ctl().phase() == Phase::Mark);
            let held = shared.next.get(s);
            a_go.send(()).unwrap();
            a_handle.join().unwrap();
            cycle.until(Point::Marking);
            (cycle, held)
        });
        garbage.finish(cycle);
        first.are(0);
        second.are(0);
        assert!(held.is_some() && !shared.next.is_nil());
    });
}
