//! The insertion half: what a store puts is shaded, and what a newborn is born with; and newborns
//! themselves.

use super::*;
use crate::{Array, List};

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
