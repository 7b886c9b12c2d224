//! The deletion half: what a store removes is shaded.

use super::*;
use crate::{List, Root};

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
