//! Maps: entries, keys and values whose only pointer moves.

use super::{Cycle, Deaths, Garbage, Point, Thing};
use crate::{ById, Field, Gc, Map, Scope, Trace, scope};
use std::thread;

#[derive(Trace)]
struct Atlas<'gc> {
    things: Map<'gc, u64, Thing<'gc>>,
    kinds: Map<'gc, ById<'gc, Thing<'gc>>, u64>,
}

impl Atlas<'_> {
    fn new() -> Self {
        Atlas {
            things: Map::new(),
            kinds: Map::new(),
        }
    }
}

/// At `Marking` a black thread does `f` with a map of `n` things, none of them traced. All that it
/// returns must be there in the end.
#[track_caller]
fn deletion(
    n: u64,
    f: impl for<'s> FnOnce(&'s Scope, Gc<'s, Atlas<'s>>) -> Vec<Gc<'s, Thing<'s>>>,
) {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let atlas = s.alloc(Atlas::new());
        for i in 0..n {
            s.nested(|s| _ = atlas.things.insert(s, i, s.alloc(lost.thing())));
        }
        let cycle = Cycle::marking(&garbage.1);
        let held = f(s, atlas);
        garbage.finish(cycle);
        lost.are(0);
        assert!(!held.is_empty() && held.iter().all(|held| held.edge.is_none()));
    });
}

/// Fails without shading of `old` in `exchange`.
#[test]
fn a_value_is_replaced() {
    deletion(1, |s, atlas| {
        let other = s.alloc(Deaths::default().thing());
        Vec::from_iter(atlas.things.insert(s, 0, other))
    });
}

/// Fails without shading of `old` in `exchange`.
#[test]
fn a_value_is_removed() {
    deletion(3, |s, atlas| {
        (0..3).filter_map(|i| atlas.things.remove(s, &i)).collect()
    });
}

/// Fails without shading of `old` in `set`: the list's first pointer is cleared.
#[test]
fn all_are_loaded_and_the_map_is_cleared() {
    deletion(20, |s, atlas| {
        let held = atlas.things.iter(s).map(|(_, thing)| thing).collect();
        atlas.things.clear(s);
        held
    });
}

/// Fails without shading of `old` in `set`: what is behind the entry hangs on it alone, which is in a
/// slot that has been looked at. Entries have no destructor, so the values tell.
#[test]
fn a_walk_goes_on_from_an_entry_that_is_removed() {
    deletion(20, |s, atlas| {
        let mut walk = atlas.things.iter(s);
        let (first, thing) = walk.next().unwrap();
        assert!(atlas.things.remove(s, first).unwrap().ptr_eq(thing));
        let rest: Vec<_> = walk.map(|(_, thing)| thing).collect();
        assert_eq!(rest.len(), 19);
        atlas.things.clear(s);
        rest
    });
}

/// Fails without shading of `old` in `set`: a key is in its entry alone, an edge.
#[test]
fn a_key_is_held_and_its_entry_removed() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let atlas = s.alloc(Atlas::new());
        let id = s.nested(|s| {
            let key = s.alloc(lost.thing());
            atlas.kinds.insert(s, ById(key), s.alloc(7u64));
            key.id()
        });
        let cycle = Cycle::marking(&garbage.1);
        let (key, kind) = atlas.kinds.get_key_value(s, &id).unwrap();
        atlas.kinds.remove(s, &id);
        garbage.finish(cycle);
        lost.are(0);
        assert!(key.0.edge.is_none() && *kind == 7 && atlas.kinds.is_empty());
    });
}

/// A white thread, in a pin, puts a thing that nobody else knows into a map that is black. Fails
/// without shading of `new` in `set`: the entry is white, too, and in the map alone.
#[test]
fn put_into_a_black_map() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        #[derive(Trace)]
        struct Shared<'gc>(Field<'gc, Atlas<'gc>>);
        let shared = s.alloc(Shared(Field::nil()));
        let cycle = Cycle::prepared(&garbage.1);
        s.pin(|p| {
            let white = p.alloc(lost.thing());
            cycle.announce_mark();
            thread::scope(|t| {
                t.spawn(|| scope(|o| shared.0.set(o, o.alloc(Atlas::new()))));
            });
            let black = shared.0.get(p).expect("just set");
            black.things.insert(s, 1, white);
        });
        cycle.until(Point::Marking);
        garbage.finish(cycle);
        lost.are(0);
        let black = shared.0.get(s).expect("still there");
        assert!(black.things.get(s, &1).unwrap().edge.is_none());
    });
}

/// Fails without black allocation: entries, marks, the directory's parts, the values themselves.
#[test]
fn a_map_grows_while_marking() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let atlas = s.alloc(Atlas::new());
        let put = |i| s.nested(|s| _ = atlas.things.insert(s, i, s.alloc(lost.thing())));
        (0..100).for_each(put);
        let cycle = Cycle::marking(&garbage.1);
        (100..3000).for_each(put);
        let _turn = garbage.finish(cycle);
        lost.are(0);
        (0..3000).for_each(|i| assert!(s.nested(|s| atlas.things.contains_key(s, &i))));
        assert_eq!(atlas.things.len(), 3000);
    });
}
