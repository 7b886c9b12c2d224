//! Maps, against `std`'s; by many threads; with keys that misbehave.

use crate::common::{Census, Counted, collect_until};
use gompa_gc::{ById, Gc, Map, Opaque, Root, Scope, Trace, Weak, collect, scope};
use proptest::prelude::*;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

#[derive(Trace)]
struct Holder<'gc, K, V>(Map<'gc, K, V>);

fn map<'s, K, V>(s: &'s Scope) -> Gc<'s, Holder<'s, K::At<'s>, V::At<'s>>>
where
    K: Trace + 'static,
    V: Trace + 'static,
{
    s.alloc(Holder::<K, V>(Map::new()))
}

/// A number whose hash has few values: all kinds of collisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Trace)]
struct Crowded(u32);

impl Hash for Crowded {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0 % 5).hash(state);
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, u64),
    OrInsert(u32, u64),
    Get(u32),
    Remove(u32),
    Retain(u32),
    Clear,
    Collect,
}

fn step() -> impl Strategy<Value = Step> {
    let key = 0..60u32;
    prop_oneof![
        12 => (key.clone(), any::<u64>()).prop_map(|(k, v)| Step::Insert(k, v)),
        4 => (key.clone(), any::<u64>()).prop_map(|(k, v)| Step::OrInsert(k, v)),
        6 => key.clone().prop_map(Step::Get),
        6 => key.clone().prop_map(Step::Remove),
        1 => (2..5u32).prop_map(Step::Retain),
        1 => Just(Step::Clear),
        1 => Just(Step::Collect),
    ]
}

fn as_std<K>(steps: &[Step], key: fn(u32) -> K)
where
    K: Trace + Hash + Eq + Copy + std::fmt::Debug + 'static,
    for<'x> K: Trace<At<'x> = K>,
{
    let mut said: HashMap<K, u64> = HashMap::new();
    scope(|s| {
        let held: Gc<'_, Holder<'_, K, u64>> = map::<K, u64>(s);
        let map = &held.0;
        for step in steps {
            s.nested(|s| match step {
                Step::Insert(k, v) => {
                    let old = map.insert(s, key(*k), s.alloc(*v)).map(|v| *v);
                    assert_eq!(old, said.insert(key(*k), *v));
                }
                Step::OrInsert(k, v) => {
                    let there = map.get_or_insert_with(s, key(*k), || s.alloc(*v));
                    assert_eq!(*there, *said.entry(key(*k)).or_insert(*v));
                }
                Step::Get(k) => {
                    assert_eq!(
                        map.get(s, &key(*k)).map(|v| *v),
                        said.get(&key(*k)).copied()
                    );
                    let both = map.get_key_value(s, &key(*k)).map(|(k, v)| (*k, *v));
                    assert_eq!(both, said.get_key_value(&key(*k)).map(|(k, v)| (*k, *v)));
                }
                Step::Remove(k) => {
                    assert_eq!(map.remove(s, &key(*k)).map(|v| *v), said.remove(&key(*k)));
                    assert!(!map.contains_key(s, &key(*k)));
                }
                Step::Retain(n) => {
                    map.retain(s, |_, v| *v % u64::from(*n) != 0);
                    said.retain(|_, v| *v % u64::from(*n) != 0);
                }
                Step::Clear => {
                    map.clear(s);
                    said.clear();
                }
                Step::Collect => collect(),
            });
            assert_eq!(map.len(), said.len());
        }
        let all: HashMap<K, u64> = map.iter(s).map(|(k, v)| (*k, *v)).collect();
        assert_eq!(map.iter(s).count(), all.len(), "nothing twice");
        assert_eq!(all, said);
    });
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]
    #[test]
    fn as_std_has_it(steps in prop::collection::vec(step(), 1..200)) {
        as_std(&steps, |k| k);
    }

    #[test]
    fn as_std_has_it_where_keys_collide(steps in prop::collection::vec(step(), 1..200)) {
        as_std(&steps, Crowded);
    }
}

/// Past the first segment and several tops of the directory.
#[test]
fn many_entries() {
    let n = if cfg!(miri) { 300 } else { 20_000u64 };
    scope(|s| {
        let held = map::<String, u64>(s);
        for i in 0..n {
            s.nested(|s| assert!(held.0.insert(s, format!("key {i}"), s.alloc(i)).is_none()));
        }
        collect();
        assert_eq!(held.0.len(), n as usize);
        for i in 0..n {
            s.nested(|s| assert_eq!(*held.0.get(s, format!("key {i}").as_str()).unwrap(), i));
        }
        assert!(held.0.get(s, "key").is_none());
        let mut seen = vec![false; n as usize];
        s.nested(|s| {
            held.0
                .iter(s)
                .for_each(|(_, v)| assert!(!std::mem::replace(&mut seen[*v as usize], true)))
        });
        assert!(seen.iter().all(|seen| *seen));
        for i in (0..n).step_by(2) {
            s.nested(|s| assert_eq!(*held.0.remove(s, format!("key {i}").as_str()).unwrap(), i));
        }
        assert_eq!(held.0.len(), n as usize / 2);
    });
}

/// What an entry held is let go with it: by removal, replacement, `clear`, and with the map.
#[test]
fn entries_go() {
    #[derive(Trace, PartialEq, Eq, Hash)]
    struct Key(u32, #[gc(leaf)] Witness);
    struct Witness(#[allow(dead_code)] Opaque<Counted>);
    impl PartialEq for Witness {
        fn eq(&self, _: &Self) -> bool {
            true
        }
    }
    impl Eq for Witness {}
    impl Hash for Witness {
        fn hash<H: Hasher>(&self, _: &mut H) {}
    }
    let [keys, values] = [(); 2].map(|()| Census::default());
    let key = |n| Key(n, Witness(keys.one()));
    scope(|s| {
        let held = map::<Key, Opaque<Counted>>(s);
        let value = |s: &Scope, n| held.0.insert(s, key(n), s.alloc(values.one())).is_some();
        s.nested(|s| (0..10).for_each(|n| assert!(!value(s, n))));
        s.nested(|s| assert!(value(s, 3)));
        collect_until(|| (keys.alive(), values.alive()) == (10, 10));
        s.nested(|s| assert!(held.0.remove(s, &key(4)).is_some()));
        collect_until(|| (keys.alive(), values.alive()) == (9, 9));
        held.0.clear(s);
        collect_until(|| (keys.alive(), values.alive()) == (0, 0));
        s.nested(|s| (0..10).for_each(|n| assert!(!value(s, n))));
        collect_until(|| (keys.alive(), values.alive()) == (10, 10));
    });
    collect_until(|| (keys.alive(), values.alive()) == (0, 0));
}

/// Keys and values with handles in them; a cycle through both.
#[test]
fn keys_may_be_objects() {
    #[derive(Trace)]
    struct Person<'gc> {
        name: String,
        #[allow(dead_code)]
        counted: Opaque<Counted>,
        knows: Map<'gc, ById<'gc, Person<'gc>>, Person<'gc>>,
        by_name: Map<'gc, Gc<'gc, String>, Person<'gc>>,
    }
    let census = Census::default();
    let weak: Weak<Person<'static>> = scope(|s| {
        let person = |name: &str| {
            s.alloc(Person {
                name: name.into(),
                counted: census.one(),
                knows: Map::new(),
                by_name: Map::new(),
            })
        };
        let (rob, ken) = (person("rob"), person("ken"));
        rob.knows.insert(s, ById(ken), rob);
        ken.knows.insert(s, ById(rob), ken);
        ken.by_name.insert(s, s.alloc(String::from("rob")), rob);
        collect();
        assert!(rob.knows.get(s, &ken.id()).unwrap().ptr_eq(rob));
        assert!(rob.knows.get(s, &rob.id()).is_none());
        let (key, _) = ken.knows.get_key_value(s, &rob.id()).unwrap();
        assert_eq!(key.0.name, "rob");
        assert_eq!(
            ken.by_name.get(s, &String::from("rob")).unwrap().name,
            "rob"
        );
        Weak::new(rob)
    });
    collect_until(|| census.alive() == 0);
    scope(|s| assert!(weak.upgrade(s).is_none()));
}

/// `Eq` and `Hash` that use the map they are in, panic, and say this and that.
#[test]
fn keys_that_misbehave() {
    thread_local!(static MAP: std::cell::RefCell<Option<Root<Holder<'static, Evil, u64>>>> = const { std::cell::RefCell::new(None) });
    static CALLS: AtomicU64 = AtomicU64::new(0);
    #[derive(Trace)]
    struct Evil(u64);
    impl Eq for Evil {}
    impl PartialEq for Evil {
        fn eq(&self, other: &Self) -> bool {
            let n = CALLS.fetch_add(1, SeqCst);
            if n.is_multiple_of(3) && n < 300 {
                scope(|s| {
                    let root = MAP.with_borrow(|m| m.as_ref().unwrap().clone());
                    root.get().0.insert(s, Evil(n), s.alloc(n));
                    root.get().0.remove(s, &Evil(n / 2));
                    if n.is_multiple_of(30) {
                        root.get().0.clear(s);
                        collect();
                    }
                });
            }
            assert!(!n.is_multiple_of(17), "as it pleases");
            self.0 == other.0 && !n.is_multiple_of(5)
        }
    }
    impl Hash for Evil {
        fn hash<H: Hasher>(&self, state: &mut H) {
            (self.0 % 2).hash(state);
        }
    }
    scope(|s| {
        let held = map::<Evil, u64>(s);
        MAP.set(Some(Root::new(held)));
        for i in 0..200 {
            s.nested(|s| {
                let act = std::panic::AssertUnwindSafe(|| match i % 3 {
                    0 | 1 => _ = held.0.insert(s, Evil(i % 7), s.alloc(i)),
                    _ => _ = held.0.remove(s, &Evil(i % 7)),
                });
                let _ = std::panic::catch_unwind(act);
            });
        }
        CALLS.store(1_000_001, SeqCst);
        let n = s.nested(|s| held.0.iter(s).count());
        assert_eq!(n, held.0.len());
    });
    MAP.set(None);
}

/// The panic leaves no lock behind.
#[test]
fn a_panic_in_a_walk_or_a_maker() {
    scope(|s| {
        let held = map::<u64, u64>(s);
        held.0.insert(s, 1, s.alloc(1u64));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            held.0.retain(s, |_, _| panic!("no"))
        }));
        assert!(caught.is_err());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            held.0.get_or_insert_with(s, 2, || panic!("no"));
        }));
        assert!(caught.is_err());
        held.0.insert(s, 2, s.alloc(2u64));
        assert_eq!(held.0.len(), 2);
    });
}

/// A walk meets what is there all the time once, while others insert, remove and make it grow.
#[test]
fn walks_among_changes() {
    let (fixed, churn) = (200u64, if cfg!(miri) { 20 } else { 3000u64 });
    scope(|s| {
        let held = map::<u64, u64>(s);
        s.nested(|s| (0..fixed).for_each(|i| _ = held.0.insert(s, i, s.alloc(i))));
        thread::scope(|t| {
            for n in 1..=2u64 {
                t.spawn(move || {
                    scope(|s| {
                        for i in 0..churn {
                            s.nested(|s| {
                                let key = n << 32 | i;
                                held.0.insert(s, key, s.alloc(key));
                                if i >= 100 {
                                    let old = held.0.remove(s, &(n << 32 | (i - 100)));
                                    assert_eq!(*old.unwrap(), n << 32 | (i - 100));
                                }
                            });
                            if i.is_multiple_of(500) {
                                collect();
                            }
                        }
                    })
                });
            }
            for _ in 0..if cfg!(miri) { 2 } else { 60 } {
                s.nested(|s| {
                    let mut seen: Vec<u64> = held
                        .0
                        .iter(s)
                        .map(|(k, v)| {
                            assert_eq!(*k, *v);
                            *k
                        })
                        .collect();
                    let all = seen.len();
                    seen.sort_unstable();
                    seen.dedup();
                    assert_eq!(seen.len(), all, "an entry was met twice");
                    assert!(seen.starts_with(&(0..fixed).collect::<Vec<_>>()));
                });
            }
        });
        assert_eq!(held.0.len(), (fixed + 2 * churn.min(100)) as usize);
    });
}

/// Many threads at few keys: each removal takes what one insertion has put.
#[test]
fn one_map_for_all() {
    let rounds = if cfg!(miri) { 20 } else { 2000u64 };
    scope(|s| {
        let held = map::<u64, u64>(s);
        let sum = |inserted: &AtomicU64, v: u64| inserted.fetch_add(v, SeqCst);
        let (put, taken) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|t| {
            for n in 0..4u64 {
                let (put, taken) = (&put, &taken);
                t.spawn(move || {
                    scope(|s| {
                        for i in 0..rounds {
                            s.nested(|s| {
                                let (key, value) = ((i * 7 + n) % 13, i * 4 + n);
                                let old = match i % 3 {
                                    0 | 1 => {
                                        sum(put, value);
                                        held.0.insert(s, key, s.alloc(value))
                                    }
                                    _ => held.0.remove(s, &key),
                                };
                                sum(taken, old.map_or(0, |v| *v));
                            });
                        }
                    })
                });
            }
        });
        let left: u64 = held.0.iter(s).map(|(_, v)| *v).sum();
        assert_eq!(put.into_inner(), taken.into_inner() + left);
        assert_eq!(held.0.len(), held.0.iter(s).count());
    });
}

#[test]
#[should_panic(expected = "not part of an object in the collected heap")]
fn a_map_on_the_stack() {
    scope(|s| _ = Map::<u64, u64>::new().insert(s, 1, s.alloc(1u64)));
}

#[test]
#[should_panic(expected = "not part of an object in the collected heap")]
fn a_look_at_a_map_on_the_stack() {
    scope(|s| _ = Map::<u64, u64>::new().contains_key(s, &1));
}

/// Inside a pin of the caller's, too.
#[test]
fn in_a_pin() {
    scope(|s| {
        let held = map::<u64, u64>(s);
        s.pin(|p| {
            for i in 0..100 {
                held.0.insert(s, i, p.alloc(i));
            }
            assert_eq!(*held.0.get(s, &42).unwrap(), 42);
        });
        collect();
        assert_eq!(held.0.iter(s).count(), 100);
    });
}
