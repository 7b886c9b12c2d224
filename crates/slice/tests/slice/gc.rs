//! Slices in the collected heap: Go's rules, and the collector's.

use gompa_gc::{Field, Gc, Opaque, Root, Scope, Trace, collect, scope};
use gompa_slice::GrowVec;
use gompa_slice::gc::{Slice, copy};
use gompa_slice::growth::{Rule, grow_pointers};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::{Duration, Instant};

fn values(s: &Scope, slice: &Slice<'_, u64>) -> Vec<Option<u64>> {
    s.nested(|n| slice.iter(n).map(|v| v.map(|v| *v)).collect())
}

fn of<'s>(s: &'s Scope, all: &[u64]) -> Slice<'s, u64> {
    all.iter()
        .fold(Slice::nil(), |slice, v| slice.append(s, s.alloc(*v)))
}

#[test]
fn views_share_until_they_grow() {
    scope(|s| {
        let all = of(s, &[1, 2, 3, 4]);
        assert_eq!((all.len(), all.cap()), (4, 4));
        let first = all.slice(..2);
        first.set(s, 0, s.alloc(10u64));
        let first = first.append(s, s.alloc(30u64)); // there is room: this overwrites all[2]
        assert_eq!(values(s, &all), [Some(10), Some(2), Some(30), Some(4)]);
        let apart = all.slice3(0, 2, 2).append(s, s.alloc(300u64)); // there is none: this copies
        apart.set(s, 0, None);
        assert_eq!(values(s, &all), [Some(10), Some(2), Some(30), Some(4)]);
        assert_eq!(values(s, &apart), [None, Some(2), Some(300)]);
        assert_eq!(values(s, &first.slice(1..4)), [Some(2), Some(30), Some(4)]);
        all.slice(1..3).clear(s);
        assert_eq!(values(s, &all), [Some(10), None, None, Some(4)]);
    });
}

/// To the element as Go's `[]*T`.
#[test]
fn capacities() {
    scope(|s| {
        let (mut slice, one) = (Slice::<u64>::nil(), s.alloc(1u64));
        assert!(slice.is_nil() && slice.is_empty());
        for len in 0..3000 {
            let cap = grow_pointers(8, len, slice.cap(), 1, Rule::Go118);
            slice = slice.append(s, one);
            assert_eq!((slice.len(), slice.cap()), (len + 1, cap));
        }
        let made = Slice::<u64>::make(s, 3, 10).append_all(s, slice.slice(..20));
        assert_eq!(made.cap(), grow_pointers(8, 3, 10, 20, Rule::Go118));
        assert_eq!(values(s, &made)[..4], [None, None, None, Some(1)]);
    });
}

#[test]
fn copies_that_overlap() {
    scope(|s| {
        let all = of(s, &[0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(copy(s, all.slice(2..), all.slice(..6)), 6);
        assert_eq!(values(s, &all), [0, 1, 0, 1, 2, 3, 4, 5].map(Some));
        assert_eq!(copy(s, all, all.slice(2..)), 6);
        assert_eq!(values(s, &all), [0, 1, 2, 3, 4, 5, 4, 5].map(Some));
        let twice = all.append_all(s, all);
        assert_eq!(values(s, &twice)[8..], values(s, &all)[..]);
        assert_eq!(copy(s, Slice::<u64>::nil(), all), 0);
    });
}

struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// What only one view's room shows stays with the array; what no view's array has goes.
#[test]
fn the_collector_sees_arrays_and_elements() {
    #[derive(Trace)]
    struct Node<'gc> {
        _counted: Opaque<Counted>,
        others: Field<'gc, Holder<'gc>>,
    }
    #[derive(Trace)]
    struct Holder<'gc>(Slice<'gc, Node<'gc>>);
    let alive = Arc::new(AtomicUsize::new(0));
    let node = |s: &Scope| -> Node<'static> {
        alive.fetch_add(1, SeqCst);
        let _ = s;
        Node {
            _counted: Opaque(Counted(alive.clone())),
            others: Field::nil(),
        }
    };
    let until = |n: usize| {
        let began = Instant::now();
        while alive.load(SeqCst) != n {
            collect();
            std::thread::sleep(Duration::from_millis(1));
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{}",
                alive.load(SeqCst)
            );
        }
    };
    let root: Root<Node<'static>> = scope(|s| {
        let first = s.alloc(node(s));
        let mut others = Slice::nil();
        for _ in 0..100 {
            others = s.nested(|n| others.append(s, n.alloc(node(n))));
            if others.len() % 25 == 0 {
                collect();
            }
        }
        others = others.append(s, first); // a cycle
        first.others.set(s, s.alloc(Holder(others)));
        Root::new(first)
    });
    until(101);
    scope(|s| {
        let holder = root.get().others.get(s).unwrap();
        assert!(holder.0.get(s, 100).unwrap().ptr_eq(root.get()));
        holder.0.slice(10..20).clear(s);
        until(91);
        assert!(holder.0.get(s, 20).is_some());
    });
    drop(root);
    until(0);
}

#[test]
fn a_grow_vec_in_an_object() {
    #[derive(Trace)]
    struct Shelf<'gc> {
        books: GrowVec<Gc<'gc, String>>,
        lent: GrowVec<Field<'gc, String>>,
    }
    scope(|s| {
        let shelf = s.nested(|n| {
            let book = |name: &str| n.alloc(String::from(name));
            s.alloc(Shelf {
                books: ["a", "b"].map(book).into_iter().collect(),
                lent: (0..3).map(|_| Field::nil()).collect(),
            })
        });
        s.nested(|n| shelf.lent[1].set(n, n.alloc(String::from("c"))));
        collect();
        s.nested(|n| (0..1000).for_each(|i| _ = n.alloc(format!("{i}"))));
        assert_eq!((&**shelf.books[0], &**shelf.books[1]), ("a", "b"));
        assert_eq!(*shelf.lent[1].get(s).unwrap(), "c");
    });
}

/// An array in room nobody has counted is bound, too.
#[test]
fn room_is_part_of_the_array() {
    scope(|s| {
        let made = Slice::<u64>::make(s, 0, 4);
        assert!(!made.is_nil());
        made.slice(..4).set(s, 3, s.alloc(4u64));
        assert_eq!(values(s, &made.slice(..4)), [None, None, None, Some(4)]);
    });
}

macro_rules! panics {
    ($($name:ident $text:literal: |$s:ident, $slice:ident| $e:expr;)*) => {$(
        #[test]
        #[should_panic(expected = $text)]
        fn $name() {
            scope(|$s| {
                let $slice = of($s, &[1, 2, 3, 4]);
                let _ = $e;
            });
        }
    )*};
}

panics! {
    get_beyond "runtime error: index out of range [4] with length 4": |s, x| x.get(s, 4).is_some();
    set_beyond "runtime error: index out of range [2] with length 2": |s, x| x.slice(..2).set(s, 2, None);
    slice_beyond "runtime error: slice bounds out of range [:5] with capacity 4": |s, x| x.slice(..5);
    slice_backwards "runtime error: slice bounds out of range [3:2]": |s, x| { let from = 3; x.slice(from..2) };
    slice3_beyond "runtime error: slice bounds out of range [::5] with capacity 4": |s, x| x.slice3(0, 1, 5);
    make_too_much "runtime error: makeslice: len out of range": |s, _x| Slice::<u64>::make(s, usize::MAX, usize::MAX);
    make_with_less_room "runtime error: makeslice: cap out of range": |s, _x| Slice::<u64>::make(s, 2, 1);
}
