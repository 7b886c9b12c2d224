//! One mutator.

use crate::common::{Census, Node, collect_until};
use gompa_gc::{Array, Field, Gc, List, Root, Trace, Weak, collect, scope};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

#[test]
fn garbage_goes_and_the_rest_stays() {
    let census = Census::default();
    scope(|s| {
        let kept = s.alloc(Node::new(1, &census));
        s.nested(|s| {
            let second = s.alloc(Node::new(2, &census));
            kept.next.set(s, second);
            for i in 0..1000 {
                s.alloc(Node::new(i, &census));
            }
        });
        assert_eq!(census.alive(), 1002);
        collect_until(|| census.alive() <= 2);
        collect();
        assert_eq!(census.alive(), 2);
        assert_eq!(kept.next.get(s).unwrap().value, 2);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn cycles_go() {
    let census = Census::default();
    scope(|s| {
        let a = s.alloc(Node::new(1, &census));
        let b = s.alloc(Node::new(2, &census));
        a.next.set(s, b);
        b.next.set(s, a);
        a.other.set(s, a);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn what_a_kept_handle_reaches_stays() {
    let census = Census::default();
    scope(|s| {
        let kept = s.nested(|n| {
            let inner = n.alloc(Node::new(7, &census));
            inner.next.set(n, n.alloc(Node::new(8, &census)));
            s.keep(inner)
        });
        collect();
        collect();
        assert_eq!(census.alive(), 2);
        assert_eq!(kept.value + kept.next.get(s).unwrap().value, 15);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn roots_keep() {
    let census = Census::default();
    let mut root: Root<Node<'static>> = scope(|s| Root::new(s.alloc(Node::new(1, &census))));
    let copy = root.clone();
    collect();
    collect();
    assert_eq!(root.get().value, 1);
    scope(|s| root.set(s.alloc(Node::new(2, &census))));
    collect();
    collect();
    assert_eq!((root.get().value, copy.get().value), (2, 1));
    drop(root);
    collect_until(|| census.alive() == 1);
    assert_eq!(copy.get().value, 1);
    drop(copy);
    collect_until(|| census.alive() == 0);
}

#[test]
fn weak_pointers_do_not_keep() {
    let census = Census::default();
    let weak: Weak<Node<'static>> = scope(|s| {
        let node = s.alloc(Node::new(5, &census));
        let weak: Weak<Node<'static>> = Weak::new(node);
        collect();
        assert_eq!(weak.upgrade(s).unwrap().value, 5);
        weak
    });
    let clone = weak.clone();
    collect_until(|| census.alive() == 0);
    scope(|s| assert!(weak.upgrade(s).is_none() && clone.upgrade(s).is_none()));
}

#[test]
fn edges_are_traced_through_containers() {
    #[derive(Trace)]
    struct Bag<'gc> {
        one: Option<Gc<'gc, Node<'gc>>>,
        many: Vec<Gc<'gc, Node<'gc>>>,
        boxed: Box<(Gc<'gc, Node<'gc>>, u32)>,
        named: std::collections::BTreeMap<String, Gc<'gc, Node<'gc>>>,
        hashed: std::collections::HashMap<u32, Gc<'gc, Node<'gc>>>,
        fields: Vec<Field<'gc, Node<'gc>>>,
        fixed: [Option<Gc<'gc, Node<'gc>>>; 2],
    }
    let census = Census::default();
    scope(|s| {
        let bag = s.nested(|n| {
            let node = |v| n.alloc(Node::new(v, &census));
            s.alloc(Bag {
                one: Some(node(1)),
                many: vec![node(2), node(3)],
                boxed: Box::new((node(4), 0)),
                named: [("five".into(), node(5))].into(),
                hashed: [(8, node(8))].into(),
                fields: vec![Field::new(node(6)), Field::nil()],
                fixed: [None, Some(node(7))],
            })
        });
        collect();
        collect();
        assert_eq!(census.alive(), 8);
        bag.fields[1].set(s, bag.fields[0].take(s).unwrap());
        collect();
        let values = [
            bag.one.unwrap().value,
            bag.many[0].value,
            bag.many[1].value,
            bag.boxed.0.value,
            bag.named["five"].value,
            bag.fields[1].get(s).unwrap().value,
            bag.fixed[1].unwrap().value,
            bag.hashed[&8].value,
        ];
        assert_eq!(values, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(bag.fields[0].is_nil());
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn fields_exchange() {
    let census = Census::default();
    scope(|s| {
        let [a, b, c] = [1, 2, 3].map(|v| s.alloc(Node::new(v, &census)));
        assert!(a.next.get(s).is_none());
        assert!(a.next.swap(s, b).is_none());
        assert!(a.next.swap(s, c).unwrap().ptr_eq(b));
        assert!(
            a.next
                .compare_exchange(s, b, a)
                .unwrap_err()
                .unwrap()
                .ptr_eq(c)
        );
        assert!(a.next.compare_exchange(s, c, a).is_ok());
        assert!(a.next.take(s).unwrap().ptr_eq(a));
        assert!(a.next.is_nil());
        a.next.set(s, b);
        a.next.clear(s);
        assert!(s.pin(|p| a.next.get(p).is_none()));
    });
}

#[test]
fn arrays_of_all_lengths() {
    let census = Census::default();
    scope(|s| {
        let lens = [0usize, 1, 2, 7, 63, 64, 65, 127, 500, 1024, 5000, 100_000];
        let arrays: Vec<Gc<'_, Array<_>>> = lens
            .iter()
            .map(|len| s.array(*len, |i| (i, Field::<Node>::nil())))
            .collect();
        let last = arrays[11];
        s.nested(|n| last[99_999].1.set(n, n.alloc(Node::new(3, &census))));
        collect();
        collect();
        for (a, len) in arrays.iter().zip(lens) {
            assert_eq!(a.len(), len);
            assert!(a.iter().enumerate().all(|(i, x)| x.0 == i));
        }
        assert_eq!(last[99_999].1.get(s).unwrap().value, 3);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn elements_with_destructors() {
    let census = Census::default();
    for len in [1, 3, 100, 10_000] {
        scope(|s| {
            let array = s.array(len, |_| census.one());
            collect();
            assert_eq!((array.len(), census.alive()), (len, len));
        });
        collect_until(|| census.alive() == 0);
    }
}

#[test]
fn large_objects() {
    #[derive(Trace)]
    struct Large<'gc> {
        bytes: [[u8; 1000]; 100],
        next: Option<Gc<'gc, Large<'gc>>>,
        counted: gompa_gc::Opaque<crate::common::Counted>,
    }
    let census = Census::default();
    scope(|s| {
        let mut list = None;
        for i in 0..20 {
            list = Some(s.nested(|_| {
                s.alloc(Large {
                    bytes: [[i; 1000]; 100],
                    next: list,
                    counted: census.one(),
                })
            }));
        }
        collect();
        let mut at = list;
        let mut n = 20;
        while let Some(x) = at {
            n -= 1;
            assert_eq!(x.bytes[99][999], n);
            at = x.next;
        }
        assert_eq!((n, census.alive()), (0, 20));
        // Not compared with before: other tests free theirs meanwhile.
        assert!(gompa_gc::stats().heap_inuse >= 20 * 100_000);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn lists_grow() {
    #[derive(Trace)]
    struct Crowd<'gc> {
        people: List<'gc, Node<'gc>>,
    }
    let census = Census::default();
    scope(|s| {
        let crowd = s.alloc(Crowd {
            people: List::new(),
        });
        assert!(crowd.people.is_empty() && crowd.people.iter(s).next().is_none());
        for i in 0..1000 {
            s.nested(|s| crowd.people.push(s, s.alloc(Node::new(i, &census))));
            if i % 100 == 0 {
                collect();
            }
        }
        assert_eq!(crowd.people.len(), 1000);
        let values: Vec<u64> = crowd.people.iter(s).map(|n| n.value).collect();
        assert!(values.iter().copied().eq(0..1000));
        assert_eq!(crowd.people.get(s, 567).unwrap().value, 567);
        assert!(crowd.people.get(s, 1000).is_none());
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn many_slots() {
    scope(|s| {
        let all: Vec<Gc<'_, u64>> = (0..200_000u64).map(|i| s.alloc(i)).collect();
        collect();
        s.nested(|s| (0..100_000u64).for_each(|i| _ = s.alloc(!i)));
        collect();
        assert!(all.iter().enumerate().all(|(i, x)| **x == i as u64));
    });
}

#[test]
fn pins() {
    let census = Census::default();
    scope(|s| {
        let list = s.alloc(Node::new(0, &census));
        s.pin(|p| {
            let mut at = list;
            for i in 1..100 {
                let next = p.alloc(Node::new(i, &census));
                at.next.set(p, next);
                at = next;
            }
            p.repin();
            let mut at = list.next.get(p);
            let mut n = 1;
            while let Some(x) = at {
                assert_eq!(x.value, n);
                n += 1;
                at = x.next.get(p);
            }
            assert_eq!(n, 100);
            // A pin, a scope and an allocation inside a pin.
            s.pin(|q| s.nested(|s| assert_eq!(s.alloc(q.alloc(3u8)).as_ref().as_ref(), &3)));
        });
        collect();
        assert_eq!(census.alive(), 100);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn a_panic_closes_scopes_and_pins() {
    let census = Census::default();
    for _ in 0..3 {
        let payload = std::panic::catch_unwind(|| {
            scope(|s| {
                s.alloc(Node::new(1, &census));
                s.nested(|s| {
                    s.alloc(Node::new(2, &census));
                    s.pin(|p| {
                        p.alloc(Node::new(3, &census));
                        panic!("on purpose");
                    })
                })
            })
        });
        assert_eq!(
            *payload.unwrap_err().downcast::<&str>().unwrap(),
            "on purpose"
        );
        let payload = std::panic::catch_unwind(|| {
            scope(|s| {
                _ = s.array(10, |i| {
                    if i == 5 {
                        panic!("in the closure")
                    } else {
                        census.one()
                    }
                })
            })
        });
        payload.unwrap_err();
    }
    collect_until(|| census.alive() == 0);
    scope(|s| assert_eq!(*s.alloc(1u8), 1));
}

#[test]
fn cleanups_run_once_and_can_be_stopped() {
    let ran = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let ran = ran.clone();
        move || ran.lock().unwrap().push(what)
    };
    scope(|s| {
        let object = s.alloc(String::from("short-lived"));
        s.on_free(object, note("first"));
        let stopped = s.on_free(object, note("never"));
        s.on_free(object, note("second"));
        collect();
        assert!(ran.lock().unwrap().is_empty());
        assert!(stopped.stop());
    });
    collect_until(|| ran.lock().unwrap().len() == 2);
    collect();
    let mut said = ran.lock().unwrap().clone();
    said.sort();
    assert_eq!(said, ["first", "second"]);
}

#[test]
fn finalizers_may_bring_back() {
    static SEEN: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    static BACK: Mutex<Option<Root<Node<'static>>>> = Mutex::new(None);
    let census = Census::default();
    let weak: Weak<Node<'static>> = scope(|s| {
        let node = s.alloc(Node::new(1, &census));
        node.next.set(s, s.alloc(Node::new(2, &census)));
        s.finalizer(node, |s, node| {
            SEEN.lock()
                .unwrap()
                .push(node.value + node.next.get(s).unwrap().value);
            *BACK.lock().unwrap() = Some(Root::new(node));
        });
        Weak::new(node)
    });
    collect_until(|| SEEN.lock().unwrap().len() == 1);
    scope(|s| assert!(weak.upgrade(s).is_none()));
    collect();
    assert_eq!((SEEN.lock().unwrap()[0], census.alive()), (3, 2));
    let back = BACK.lock().unwrap().take().unwrap();
    assert_eq!(back.get().value, 1);
    drop(back);
    collect_until(|| census.alive() == 0);
    assert_eq!(SEEN.lock().unwrap().len(), 1);
}

#[test]
fn a_destructor_that_panics_is_counted() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("on purpose, in a destructor");
        }
    }
    let before = gompa_gc::stats().cleanup_panics;
    scope(|s| _ = s.alloc(gompa_gc::Opaque(Bomb)));
    collect_until(|| gompa_gc::stats().cleanup_panics > before);
}

#[test]
fn a_destructor_may_use_the_heap() {
    static DONE: AtomicBool = AtomicBool::new(false);
    struct Uses(Weak<u64>);
    impl Drop for Uses {
        fn drop(&mut self) {
            let gone = scope(|s| {
                (0..1000u64).for_each(|i| _ = s.alloc(i));
                self.0.upgrade(s).is_none()
            });
            DONE.store(gone, SeqCst);
        }
    }
    scope(|s| {
        let target = s.alloc(9u64);
        s.alloc(gompa_gc::Opaque(Uses(Weak::new(target))));
    });
    collect_until(|| DONE.load(SeqCst));
}

#[test]
fn zero_sized_and_aligned_objects() {
    #[derive(Trace)]
    #[repr(align(256))]
    struct Aligned(u8);
    scope(|s| {
        let units: Vec<_> = (0..100).map(|_| s.alloc(())).collect();
        let aligned: Vec<_> = (0..100).map(|i| s.alloc(Aligned(i))).collect();
        collect();
        assert!(!units[0].ptr_eq(units[1]));
        for (i, a) in aligned.iter().enumerate() {
            assert!(std::ptr::from_ref(a.as_ref()).addr().is_multiple_of(256));
            assert_eq!(usize::from(a.0), i);
        }
    });
}
