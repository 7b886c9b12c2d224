use crate::{SLOWER, panic_text};
use gompa_sync::Map;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::SeqCst};
use std::thread;

#[test]
fn the_whole_of_it() {
    let map = Map::new();
    assert_eq!(map.load("a"), None);
    map.store("a", 1);
    assert_eq!(map.load("a"), Some(1));
    assert_eq!(map.load_or_store("a", 2), (1, true));
    assert_eq!(map.load_or_store("b", 2), (2, false));
    assert_eq!(map.swap("a", 3), Some(1));
    assert_eq!(map.swap("c", 4), None);
    assert!(!map.compare_and_swap("a", &1, 5));
    assert!(map.compare_and_swap("a", &3, 5));
    assert!(!map.compare_and_swap("none", &3, 5));
    assert!(!map.compare_and_delete("a", &3));
    assert!(!map.compare_and_delete("none", &3));
    assert!(map.compare_and_delete("a", &5));
    assert_eq!(map.load_and_delete("b"), Some(2));
    assert_eq!(map.load_and_delete("b"), None);
    map.delete("none");
    assert!(map.contains_key("c") && !map.contains_key("a"));
    assert_eq!(map.view("c", |n| n + 1), Some(5));
    assert_eq!(format!("{map:?}"), "{\"c\": 4}");
    map.clear();
    assert_eq!(format!("{map:?}"), "{}");
}

#[test]
fn it_grows_and_shrinks() {
    let map = Map::<usize, usize>::default();
    let n = 20_000 / SLOWER;
    for round in 0..3 {
        for i in 0..n {
            map.store(i, i + round);
        }
        for i in 0..n {
            assert_eq!(map.load(&i), Some(i + round));
        }
        for i in (0..n).filter(|i| i % 16 != 0) {
            map.delete(&i);
        }
        let mut left = Vec::new();
        map.range(|k, v| {
            assert_eq!(*v, k + round);
            left.push(*k);
            true
        });
        left.sort_unstable();
        assert_eq!(left, (0..n).step_by(16).collect::<Vec<_>>());
    }
}

/// Each key at most once, though its function changes everything.
#[test]
fn ranging_while_it_changes() {
    let map = Map::new();
    for i in 0..1000 {
        map.store(i, i);
    }
    let mut seen = vec![0; 1000];
    map.range(|&k, _| {
        seen[k as usize] += 1;
        map.delete(&k);
        map.store(k, -k);
        map.delete(&((k + 1) % 1000));
        map.store((k + 1) % 1000, 0);
        true
    });
    assert_eq!(seen, vec![1; 1000]);
    let mut calls = 0;
    map.range(|_, _| {
        calls += 1;
        calls < 3
    });
    assert_eq!(calls, 3);
    assert_eq!(panic_text(|| map.range(|_, _| panic!("within"))), "within");
    map.clear();
    map.range(|_, _| unreachable!("empty"));
}

/// A value that counts the living.
struct Counted(Arc<AtomicIsize>, u64);

impl Counted {
    fn new(alive: &Arc<AtomicIsize>, n: u64) -> Counted {
        alive.fetch_add(1, SeqCst);
        Counted(alive.clone(), n)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        assert_eq!(self.1 >> 32, 0xfeed, "freed");
        Counted::new(&self.0, self.1)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1 = 0;
        self.0.fetch_sub(1, SeqCst);
    }
}

#[test]
fn what_is_replaced_or_deleted_is_dropped_at_once_if_nobody_reads() {
    let alive = Arc::new(AtomicIsize::new(0));
    let map = Map::new();
    let value = |n: u64| Counted::new(&alive, (0xfeed << 32) | n);
    map.store(1, value(1));
    map.store(1, value(2));
    assert_eq!(alive.load(SeqCst), 1);
    drop(map.swap(1, value(3)));
    assert_eq!(alive.load(SeqCst), 1);
    map.delete(&1);
    assert_eq!(alive.load(SeqCst), 0);
    map.store(1, value(1));
    map.view(&1, |_| {
        map.store(1, value(2));
        map.store(2, value(2));
    });
    map.store(1, value(3));
    assert_eq!(alive.load(SeqCst), 2, "the reader has left");
    map.clear();
    assert_eq!(alive.load(SeqCst), 0);
    map.store(1, value(1));
    drop(map);
    assert_eq!(alive.load(SeqCst), 0);
}

#[test]
fn many_at_once() {
    let alive = Arc::new(AtomicIsize::new(0));
    let (map, stop) = (Map::new(), AtomicBool::new(false));
    const KEYS: u64 = 64;
    let n = 30_000 / SLOWER as u64;
    let value = |n: u64| Counted::new(&alive, (0xfeed << 32) | n);
    thread::scope(|s| {
        let writers: Vec<_> = (0..2u64)
            .map(|w| {
                let (map, value) = (&map, &value);
                s.spawn(move || {
                    for i in 0..n {
                        let key = (i * 7 + w * 13) % KEYS;
                        match i % 7 {
                            0 => map.delete(&key),
                            1 => drop(map.load_and_delete(&key)),
                            2 => drop(map.swap(key, value(key))),
                            3 => drop(map.load_or_store(key, value(key))),
                            4 if i % 1000 == 4 => map.clear(),
                            _ => map.store(key, value(key)),
                        }
                    }
                })
            })
            .collect();
        for r in 0..2u64 {
            let (map, stop) = (&map, &stop);
            s.spawn(move || {
                let mut i = r;
                while !stop.load(SeqCst) {
                    i += 1;
                    if let Some(value) = map.load(&(i % KEYS)) {
                        assert_eq!(value.1, (0xfeed << 32) | (i % KEYS));
                    }
                    if i % 512 == 0 {
                        map.range(|k, v| {
                            assert_eq!(v.1, (0xfeed << 32) | k);
                            true
                        });
                    }
                }
            });
        }
        for writer in writers {
            writer.join().unwrap();
        }
        stop.store(true, SeqCst);
    });
    drop(map);
    assert_eq!(alive.load(SeqCst), 0);
}

/// Each increment by one of the others is seen: the exchanges are atomic.
#[test]
fn compare_and_swap_counts() {
    let map = Map::new();
    map.store("n", 0);
    let n = 5000 / SLOWER;
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                for _ in 0..n {
                    while {
                        let old = map.load("n").unwrap();
                        !map.compare_and_swap("n", &old, old + 1)
                    } {}
                }
            });
        }
    });
    assert_eq!(map.load("n"), Some(3 * n));
}

/// Hashes of one kind only, and an `Eq` that panics when it is told to.
#[derive(Clone)]
struct Hostile(u32, bool);

impl Hash for Hostile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u32(self.0 & 1);
    }
}

impl PartialEq for Hostile {
    fn eq(&self, other: &Self) -> bool {
        assert!(!self.1 && !other.1, "told to");
        self.0 == other.0
    }
}

impl Eq for Hostile {}

#[test]
fn keys_that_collide_and_panic() {
    let map = Map::new();
    for i in 0..100 {
        map.store(Hostile(i, false), i);
    }
    let bad = Hostile(7, true);
    assert_eq!(panic_text(|| map.load(&bad)), "told to");
    assert_eq!(panic_text(|| map.store(bad.clone(), 1)), "told to");
    assert_eq!(panic_text(|| map.delete(&bad)), "told to");
    assert_eq!(panic_text(|| map.load_or_store(bad.clone(), 1)), "told to");
    for i in 0..100 {
        assert_eq!(map.load_and_delete(&Hostile(i, false)), Some(i));
    }
}

/// Values whose clone and drop use the map.
#[test]
fn values_that_use_the_map() {
    struct Nosy(Arc<Map<u32, Option<Nosy>>>);
    impl Clone for Nosy {
        fn clone(&self) -> Self {
            self.0.store(2, None);
            self.0.delete(&1);
            Nosy(self.0.clone())
        }
    }
    impl Drop for Nosy {
        fn drop(&mut self) {
            self.0.store(3, None);
        }
    }
    let map = Arc::new(Map::new());
    map.store(1, Some(Nosy(map.clone())));
    drop(map.load(&1));
    assert!(!map.contains_key(&1) && map.contains_key(&2) && map.contains_key(&3));
    map.store(1, Some(Nosy(map.clone())));
    drop(map.swap(1, None));
    assert!(map.contains_key(&1));
    map.clear();
}
