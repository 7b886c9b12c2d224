//! What must not compile, one file a rule; and what must, of the same kind.
#![cfg(not(loom))]

use gompa_gc::{Array, Cursor, Field, Gc, List, Opaque, Root, Scope, Trace, Weak, scope};
use std::marker::PhantomData;

#[test]
fn does_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

fn crosses<T: Send + Sync>() {}

#[test]
fn auto_traits() {
    crosses::<Gc<'static, u64>>();
    crosses::<Field<'static, Tree<'static>>>();
    crosses::<Root<Tree<'static>>>();
    crosses::<Weak<Tree<'static>>>();
    crosses::<Array<Tree<'static>>>();
    assert_eq!(size_of::<Option<Gc<'_, Tree>>>(), size_of::<usize>());
    assert_eq!(size_of::<Field<'_, Tree>>(), size_of::<usize>());
}

#[derive(Trace)]
struct Tree<'gc> {
    kids: Option<(Gc<'gc, Tree<'gc>>, Gc<'gc, Tree<'gc>>)>,
}

/// Inner handles in, outer handle out.
fn build<'s>(s: &'s Scope, depth: u32) -> Gc<'s, Tree<'s>> {
    if depth == 0 {
        return s.alloc(Tree { kids: None });
    }
    s.nested(|n| {
        s.alloc(Tree {
            kids: Some((build(n, depth - 1), build(n, depth - 1))),
        })
    })
}

/// Reading edges needs no scope at all.
fn count(t: &Tree) -> u32 {
    1 + t.kids.map_or(0, |(l, r)| count(&l) + count(&r))
}

#[test]
fn immutable_trees() {
    scope(|s| assert_eq!(count(&build(s, 10)), 2047));
}

/// Generic over what it holds, with constants, empty variants and markers.
#[derive(Trace)]
enum Shape<'gc, T, const N: usize> {
    Empty,
    One(Gc<'gc, T>),
    Many {
        all: [Field<'gc, T>; N],
        mark: PhantomData<T>,
    },
    Nested(Box<Shape<'gc, T, N>>),
}

#[derive(Trace)]
enum Never {}

#[derive(Trace)]
struct Unit;

#[derive(Trace)]
struct OnlyLeaf<L: Clone>(#[gc(leaf)] L, u8);

#[test]
fn generic_types() {
    scope(|s| {
        let text = s.alloc(String::from("x"));
        let shapes: [Gc<'_, Shape<'_, String, 2>>; 4] = [
            s.alloc(Shape::<String, 2>::Empty),
            s.alloc(Shape::One(text)),
            s.alloc(Shape::Many {
                all: [Field::nil(), Field::new(text)],
                mark: PhantomData,
            }),
            s.alloc(Shape::Nested(Box::new(Shape::One(text)))),
        ];
        gompa_gc::collect();
        if let Shape::Many { all, .. } = &*shapes[2] {
            assert_eq!(*all[1].get(s).unwrap(), "x");
        }
        assert!(
            matches!(&*shapes[3], Shape::Nested(b) if matches!(&**b, Shape::One(t) if **t == "x"))
        );
        assert_eq!(s.alloc(OnlyLeaf(vec![1, 2], 3)).0.len(), 2);
        let _ = (s.alloc(Unit), Option::<Never>::None);
    });
    const {
        assert!(!<Unit as Trace>::TRACED && !<OnlyLeaf<u8> as Trace>::TRACED);
        assert!(<Shape<'_, u8, 1> as Trace>::TRACED);
    }
}

/// A handle of an outer scope works in an inner one, and in a cursor.
#[test]
fn covariance() {
    fn same<'a>(_: &Gc<'a, Tree<'a>>, _: &Gc<'a, Tree<'a>>) {}
    scope(|s| {
        let outer = build(s, 1);
        s.nested(|n| {
            let inner = build(n, 1);
            same(&outer, &inner);
            let mut cursor: Cursor<'_, Tree> = n.cursor(outer);
            cursor.set(inner);
            assert_eq!(count(&cursor.get()), 3);
        });
    });
}

/// A root that is never dropped gives handles that are valid for ever, also inside a leaf.
#[test]
fn permanent_roots() {
    let root: &'static Root<String> = Box::leak(Box::new(scope(|s| {
        Root::new(s.alloc(String::from("for ever")))
    })));
    scope(|s| {
        let held = s.alloc(Opaque(root.get()));
        gompa_gc::collect();
        assert_eq!(held.0.as_str(), "for ever");
    });
}

/// Rule 7: a field that is not part of an object neither takes nor gives a pointer.
mod unbound {
    use super::*;

    #[derive(Trace)]
    struct Node<'gc> {
        next: Field<'gc, Node<'gc>>,
        list: List<'gc, Node<'gc>>,
    }

    fn node<'a>() -> Node<'a> {
        Node {
            next: Field::nil(),
            list: List::new(),
        }
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn set_on_the_stack() {
        scope(|s| {
            let local = node();
            local.next.set(s, s.alloc(node()));
        });
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn get_on_the_stack() {
        scope(|s| {
            let local = Node {
                next: Field::new(s.alloc(node())),
                list: List::new(),
            };
            local.next.get(s);
        });
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn get_in_a_pin() {
        scope(|s| s.pin(|p| _ = node().next.get(p)));
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn swap_in_a_vec() {
        scope(|s| {
            let outside: Vec<_> = (0..2).map(|_| node()).collect();
            outside[1].next.swap(s, s.alloc(node()));
        });
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn compare_exchange_in_a_mutex() {
        scope(|s| {
            let hidden = std::sync::Mutex::new(node());
            let nil = None::<Gc<'_, Node>>;
            let _ = hidden
                .lock()
                .unwrap()
                .next
                .compare_exchange(s, nil, s.alloc(node()));
        });
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn set_in_an_opaque() {
        scope(|s| {
            let hidden = s.alloc(Opaque(Field::<'static, u64>::nil()));
            hidden.0.set(s, s.alloc(1u64));
        });
    }

    /// What says of itself that it may cross threads is a leaf, and what is in a leaf stays unbound.
    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn set_in_a_send_wrapper() {
        struct SendWrapper<T>(T);
        // SAFETY: none; that is the attack. It does not leave this thread.
        unsafe impl<T> Send for SendWrapper<T> {}
        // SAFETY: as above.
        unsafe impl<T> Sync for SendWrapper<T> {}
        scope(|s| {
            let cell = std::cell::RefCell::new(Field::<'static, u64>::nil());
            let hidden = s.alloc(Opaque(SendWrapper(cell)));
            hidden.0.0.borrow().set(s, s.alloc(1u64));
        });
    }

    /// A swap takes a field out of an object only where the object is no longer one: never.
    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn swapped_while_on_the_stack() {
        scope(|s| {
            let mut a = node();
            let target = s.alloc(node());
            let mut b = Node {
                next: Field::new(target),
                list: List::new(),
            };
            std::mem::swap(&mut a, &mut b);
            a.next.get(s);
        });
    }

    #[test]
    #[should_panic(expected = "not part of an object in the collected heap")]
    fn a_list_on_the_stack() {
        scope(|s| node().list.push(s, s.alloc(node())));
    }
}

/// Rule 17, on a plain thread.
#[test]
#[should_panic(expected = "collect() inside a pin")]
fn collecting_inside_a_pin() {
    scope(|s| s.pin(|_| gompa_gc::collect()));
}

#[test]
#[should_panic(expected = "finalizer already set")]
fn two_finalizers() {
    scope(|s| {
        let text = s.alloc(String::new());
        s.finalizer(text, |_, _| {});
        s.finalizer(text, |_, _| {});
    });
}

/// The tables of rules and of attacks in `docs/gc.md` name tests that are there.
#[test]
fn the_table_of_rules() {
    let read = |path: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    };
    let docs = read("../../docs/gc.md");
    let table = docs.split("\n## Soundness").nth(1).expect("it has one");
    let table = table.split("\n## ").next().expect("it is there");
    let rows: Vec<&str> = table
        .lines()
        .filter(|l| l.starts_with("| ") && !l.contains("| Test |"))
        .collect();
    let rules = |l: &&&str| l[2..].starts_with(|c: char| c.is_ascii_digit());
    assert_eq!(rows.iter().filter(rules).count(), 17);
    let mut names = 0;
    for row in rows {
        let tests = row.rsplit('|').nth(1).expect("columns");
        for name in tests.split('`').skip(1).step_by(2) {
            names += 1;
            if let Some(file) = name.strip_prefix("ui/") {
                read(&format!("tests/ui/{file}.rs"));
                continue;
            }
            let (room, test) = name.split_once("::").expect("a room and a test");
            let file = match room {
                "ui" => "tests/ui.rs".into(),
                "goroutines" => "../gompa/tests/gc.rs".into(),
                "insertion" | "deletion" => format!("src/cycle/while_marking/{room}.rs"),
                _ => format!("tests/heap/{room}.rs"),
            };
            assert!(read(&file).contains(&format!("fn {test}(")), "no {name}");
        }
    }
    assert!(names > 40, "{names}");
}
