//! Ways in which others have been broken.

use crate::common::{Census, Node, collect_until};
use gompa_gc::{Field, Gc, Opaque, Root, Trace, Weak, collect, scope};
use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;

#[test]
fn cleanups_that_register_cleanups() {
    fn again(left: usize, count: Arc<AtomicUsize>) {
        count.fetch_add(1, SeqCst);
        if left > 0 {
            scope(|s| {
                let object = s.alloc(left);
                s.on_free(object, move || again(left - 1, count));
            });
        }
    }
    let count = Arc::new(AtomicUsize::new(0));
    again(5, count.clone());
    collect_until(|| count.load(SeqCst) == 6);
}

/// An upgrade in a destructor: of its own object there is nothing, of others what is alive.
#[test]
fn upgrades_in_destructors() {
    type Saw = Vec<(bool, Option<u64>)>;
    struct Last {
        own: Arc<Mutex<Option<Weak<Dying>>>>,
        other: Weak<u64>,
        saw: Arc<Mutex<Saw>>,
    }
    impl Drop for Last {
        fn drop(&mut self) {
            scope(|s| {
                let own = self
                    .own
                    .lock()
                    .unwrap()
                    .as_ref()
                    .unwrap()
                    .upgrade(s)
                    .is_some();
                let other = self.other.upgrade(s).map(|n| *n);
                self.saw.lock().unwrap().push((own, other));
            });
        }
    }
    #[derive(Trace)]
    struct Dying(#[gc(leaf)] Mutex<Last>);
    let (saw, own) = (Arc::<Mutex<Saw>>::default(), Arc::new(Mutex::new(None)));
    let living: Root<u64> = scope(|s| {
        let other = s.alloc(7u64);
        let saw = Arc::clone(&saw);
        let last = Last {
            own: own.clone(),
            other: Weak::new(other),
            saw,
        };
        *own.lock().unwrap() = Some(Weak::new(s.alloc(Dying(Mutex::new(last)))));
        Root::new(other)
    });
    collect_until(|| !saw.lock().unwrap().is_empty());
    assert_eq!(*saw.lock().unwrap(), [(false, Some(*living.get()))]);
}

/// A value with scopes' handles that is thrown away, by a panic too, before it comes into the heap.
#[test]
fn values_that_never_arrive() {
    let census = Census::default();
    scope(|s| {
        let target = s.alloc(Node::new(1, &census));
        let make = || Node {
            next: Field::new(target),
            ..Node::new(2, &census)
        };
        drop(make());
        mem::forget(Box::new(Field::<Node<'_>>::new(target)));
        let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _value = make();
            panic!("on its way");
        }));
        assert!(payload.is_err());
        collect();
        assert_eq!(target.value, 1);
    });
    collect_until(|| census.alive() == 0);
}

/// Elements that were made are dropped, and no array is left half made.
#[test]
fn a_panic_while_elements_are_made() {
    let census = Census::default();
    scope(|s| {
        for at in [0, 1, 99, 3000] {
            let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                _ = s.array(4000, |i| {
                    assert!(i < at, "so many");
                    census.one()
                });
            }));
            assert!(made.is_err());
            collect();
            assert_eq!(census.alive(), 0);
        }
        assert_eq!(s.array(4000, |_| census.one()).len(), 4000);
        assert_eq!(census.alive(), 4000);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn forgotten_roots() {
    let census = Census::default();
    scope(|s| mem::forget(Root::<Node<'static>>::new(s.alloc(Node::new(3, &census)))));
    collect();
    collect();
    assert_eq!(census.alive(), 1); // leaked, as asked for
}

#[test]
fn roots_anywhere() {
    thread_local!(static LOCAL: Mutex<Vec<Root<Node<'static>>>> = const { Mutex::new(Vec::new()) });
    let census = Census::default();
    thread::scope(|t| {
        t.spawn(|| {
            let root = scope(|s| Root::new(s.alloc(Node::new(1, &census))));
            // Dropped in a pin, in a scope, on another thread, by this thread's end.
            scope(|s| s.pin(|_| drop(root.clone())));
            scope(|_| drop(root.clone()));
            let other = root.clone();
            thread::spawn(move || drop(other)).join().unwrap();
            LOCAL.with(|l| l.lock().unwrap().push(root.clone()));
            collect();
            assert_eq!(root.get().value, 1);
        });
    });
    collect_until(|| census.alive() == 0);
}

/// A root in the heap keeps a cycle through itself, as it must: it is a root.
#[test]
fn roots_in_the_heap() {
    #[derive(Trace)]
    struct Holder {
        #[gc(leaf)]
        root: Mutex<Option<Root<Holder>>>,
        counted: Opaque<crate::common::Counted>,
    }
    let census = Census::default();
    let weak: Weak<Holder> = scope(|s| {
        let holder = s.alloc(Holder {
            root: Mutex::new(None),
            counted: census.one(),
        });
        *holder.root.lock().unwrap() = Some(Root::new(holder));
        Weak::new(holder)
    });
    collect();
    collect();
    assert_eq!(census.alive(), 1);
    scope(|s| drop(weak.upgrade(s).unwrap().root.lock().unwrap().take()));
    collect_until(|| census.alive() == 0);
}

/// Scopes in any order: handles of the outer one are made while the inner one is open, and used after.
#[test]
fn outer_scopes_inside_inner_ones() {
    let census = Census::default();
    scope(|outer| {
        let mut kept: Vec<Gc<'_, Node<'_>>> = Vec::new();
        outer.nested(|inner| {
            for i in 0..100 {
                let short = inner.alloc(Node::new(1000 + i, &census));
                let long = outer.alloc(Node::new(i, &census));
                long.next.set(inner, short);
                kept.push(long);
            }
            scope(|second| {
                let other = second.alloc(Node::new(7, &census));
                kept[0].other.set(second, other);
            });
            collect();
        });
        collect();
        for (i, node) in kept.iter().enumerate() {
            assert_eq!(node.value, i as u64);
            assert_eq!(node.next.get(outer).unwrap().value, 1000 + i as u64);
        }
        assert_eq!(kept[0].other.get(outer).unwrap().value, 7);
    });
    collect_until(|| census.alive() == 0);
}

/// A value with unbound fields travels, is changed and thrown away before it comes into the heap.
#[test]
fn values_on_their_way() {
    let census = Census::default();
    scope(|s| {
        let target = s.alloc(Node::new(1, &census));
        let mut a = Node::new(2, &census);
        let mut b = Node::new(3, &census);
        a.next = Field::new(target);
        mem::swap(&mut a, &mut b);
        let boxed = Box::new(b);
        collect();
        let b = s.alloc(*boxed);
        drop(a);
        assert_eq!(b.value, 2);
        assert_eq!(b.next.get(s).unwrap().value, 1);
    });
    collect_until(|| census.alive() == 0);
}

/// Many threads set one field, many read it.
#[test]
fn one_field_for_all() {
    let census = Census::default();
    scope(|s| {
        let shared = s.alloc(Node::new(0, &census));
        thread::scope(|t| {
            for i in 0..4u64 {
                let census = &census;
                t.spawn(move || {
                    for j in 0..500 {
                        scope(|s| {
                            let mine = s.alloc(Node::new(i * 1000 + j, census));
                            match j % 3 {
                                0 => shared.next.set(s, mine),
                                1 => _ = shared.next.swap(s, mine),
                                _ => {
                                    let there = shared.next.get(s);
                                    let _ = shared.next.compare_exchange(s, there, mine);
                                }
                            }
                            if let Some(there) = shared.next.get(s) {
                                assert!(there.value < 4000);
                            }
                        });
                        if j % 100 == 0 {
                            collect();
                        }
                    }
                });
            }
        });
        collect_until(|| census.alive() == 2);
    });
    collect_until(|| census.alive() == 0);
}

#[test]
fn a_list_that_many_push_to() {
    #[derive(Trace)]
    struct Crowd<'gc>(gompa_gc::List<'gc, u64>);
    scope(|s| {
        let crowd = s.alloc(Crowd(gompa_gc::List::new()));
        thread::scope(|t| {
            for i in 0..4u64 {
                t.spawn(move || {
                    scope(|s| {
                        for j in 0..200 {
                            s.nested(|s| crowd.0.push(s, s.alloc(i * 1000 + j)));
                            if j % 50 == 0 {
                                collect();
                            }
                        }
                    })
                });
            }
        });
        let mut all: Vec<u64> = crowd.0.iter(s).map(|n| *n).collect();
        // Each thread's own are in order.
        for i in 0..4 {
            let own: Vec<u64> = all.iter().copied().filter(|n| n / 1000 == i).collect();
            assert!(own.is_sorted() && own.len() == 200);
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 800);
    });
}
