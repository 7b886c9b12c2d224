//! Shrinking, and how much one operation may move.

use crate::common::{Hash64, Map, check};
use gompa_hmap::{Entry, HMap, TryReserveError};
use std::cell::Cell;
use std::hash::{Hash, Hasher};

thread_local! {
    static HASHED: Cell<usize> = const { Cell::new(0) };
}

/// A key that counts how often it is hashed: once for the operation itself, and once when it moves
/// to one of two buckets.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Counted(u64);

impl Hash for Counted {
    fn hash<H: Hasher>(&self, state: &mut H) {
        HASHED.set(HASHED.get() + 1);
        state.write_u64(self.0);
    }
}

/// The entries of the longest chain, of both tables.
fn longest<K, V, S>(map: &HMap<K, V, S>) -> usize {
    let dump = map.dump();
    let old = dump.old_chains().unwrap_or_default();
    let len = |chain: Vec<gompa_hmap::Bucket<'_, K, V>>| {
        let entries = chain.iter().flat_map(|bucket| &bucket.entries);
        entries.filter(|entry| entry.is_some()).count()
    };
    dump.chains()
        .into_iter()
        .chain(old)
        .map(len)
        .max()
        .unwrap_or(0)
}

/// The promise of the crate's page: a write moves the entries of at most two chains.
#[test]
fn a_write_moves_two_chains_at_most() {
    let mut map = HMap::with_hasher(Hash64::Mix);
    let mut most = 0;
    for n in 0..30_000 {
        let longest = if n % 64 == 0 { longest(&map) } else { 16 };
        HASHED.set(0);
        map.insert(Counted(n), n);
        let moved = HASHED.get() - 1;
        assert!(moved <= 2 * longest.max(16), "{n}: {moved}");
        most = most.max(moved);
    }
    assert!(most > 8, "{most}");
    for (what, call) in [
        (
            "reserve",
            (|map| map.reserve(100_000)) as fn(&mut HMap<Counted, u64, Hash64>),
        ),
        ("clone", |map| *map = map.clone()),
        ("retain", |map| map.retain(|key, _| key.0 % 100 == 0)),
        ("shrink_to_fit", |map| map.shrink_to_fit()),
    ] {
        HASHED.set(0);
        call(&mut map);
        assert_eq!(HASHED.get(), 0, "{what} hashes");
        for n in 0..2000 {
            HASHED.set(0);
            map.insert(Counted(n), n);
            assert!(HASHED.get() <= 33, "{what}, {n}: {}", HASHED.get());
        }
    }
}

#[test]
fn mass_deletion_gives_memory_back() {
    let mut map = Map::with_hasher(Hash64::Mix);
    for key in 0..300_000 {
        map.insert(key, key);
    }
    let full = map.stats();
    for key in 0..299_900 {
        map.remove(&key);
        if key % 60_013 == 0 {
            check(&map);
        }
    }
    check(&map);
    let left = map.stats();
    assert!(left.b <= 10, "{left:?}");
    assert!(left.bytes * 50 < full.bytes, "{left:?} {full:?}");
    // It does not swing: what is put in and taken out again leaves it as it is.
    for key in 0..1000 {
        map.insert(key, key);
        map.remove(&key);
    }
    assert_eq!(map.stats().b, left.b);
}

#[test]
fn what_was_promised_stays() {
    let mut map = Map::with_capacity_and_hasher(100_000, Hash64::Mix);
    let capacity = map.capacity();
    assert!(capacity >= 100_000);
    for key in 0..50_000 {
        map.insert(key, key);
    }
    for key in 0..50_000 {
        map.remove(&key);
    }
    assert_eq!(map.capacity(), capacity);
    map.insert(1, 1);
    map.shrink_to(1000);
    assert!((1000..3000).contains(&map.capacity()));
    for key in 0..1000 {
        map.insert(key, key);
    }
    for _ in 0..3000 {
        map.insert(5, 5);
    }
    assert!(!map.stats().shrinking);
    assert!(map.stats().b <= 9, "{:?}", map.stats());
    check(&map);
}

#[test]
fn an_empty_map_shrinks_to_nothing() {
    let mut map = Map::with_hasher(Hash64::Mix);
    map.extend((0..100_000).map(|key| (key, key)));
    map.clear();
    assert!(map.stats().buckets > 10_000, "clear keeps the buckets");
    map.shrink_to_fit();
    assert_eq!((map.capacity(), map.stats().buckets), (0, 0));
    for key in 0..20_000 {
        map.insert(key, key);
    }
    check(&map);
    assert_eq!(map.len(), 20_000);
    let empty = HMap::<u64, u64>::new();
    assert_eq!((empty.stats().bytes, empty.capacity()), (0, 0));
}

#[test]
fn absurd_hints() {
    for hint in [usize::MAX, usize::MAX / 2, 1 << 62, 1 << 55] {
        let mut map = HMap::with_capacity(hint);
        assert_eq!(map.insert(1, 1), None);
        map.reserve(hint);
        assert!(map.try_reserve(hint).is_err(), "{hint}");
        assert_eq!(
            map.try_reserve(usize::MAX),
            Err(TryReserveError::CapacityOverflow)
        );
        assert_eq!(map[&1], 1);
    }
}

/// Hashes that all collide make one chain: slow, but right, and growth comes to an end.
#[test]
fn colliding_keys_make_a_chain() {
    let mut map = Map::with_hasher(Hash64::Same);
    for key in 0..1500 {
        map.insert(key, key);
    }
    check(&map);
    let stats = map.stats();
    assert!(stats.b <= 8, "{stats:?}");
    for key in 0..1500 {
        assert_eq!(map.remove(&key), Some(key));
    }
    assert!(map.is_empty());
}

/// The default hasher's seed differs from map to map, so that nobody can prepare keys.
#[test]
fn seeds_differ() {
    let (a, b) = (HMap::<u64, ()>::new(), HMap::<u64, ()>::new());
    let same = (0..64)
        .filter(|n| a.hasher().hash_one(n) == b.hasher().hash_one(n))
        .count();
    assert!(same < 4, "{same}");
    let mut map = HMap::new();
    map.extend((0..100_u64).map(|n| (n, ())));
    let before = map.hasher().hash_one(1);
    for n in 0..100 {
        map.remove(&n);
    }
    assert_ne!(
        map.hasher().hash_one(1),
        before,
        "reseeded when it had become empty"
    );
    // Whatever it is emptied by, at the latest with the next insertion, which must be found afterwards.
    type Emptied = fn(&mut HMap<u64, ()>);
    let ways: [(&str, Emptied); 6] = [
        ("entries", |map| {
            for n in 0..100 {
                if let Entry::Occupied(entry) = map.entry(n) {
                    entry.remove();
                }
            }
        }),
        ("extract_if", |map| {
            map.extract_if(|_, _| true).for_each(drop)
        }),
        ("drain", |map| drop(map.drain())),
        ("drain, then shrink", |map| {
            drop(map.drain());
            map.shrink_to_fit();
        }),
        ("retain", |map| map.retain(|_, _| false)),
        ("clear", HMap::clear),
    ];
    for (way, empty) in ways {
        for insert in [
            (|map| map.insert(7, ()).is_none()) as fn(&mut HMap<u64, ()>) -> bool,
            |map| {
                map.entry(7).or_insert(());
                map.len() == 1
            },
            |map| map.cursor().insert(7, ()).is_none(),
        ] {
            let mut map: HMap<u64, ()> = (0..100).map(|n| (n, ())).collect();
            let before = map.hasher().hash_one(1);
            empty(&mut map);
            assert!(map.is_empty() && map.get(&7).is_none(), "{way}");
            assert!(insert(&mut map), "{way}");
            assert!(map.contains_key(&7), "{way}");
            assert_ne!(map.hasher().hash_one(1), before, "{way}");
            map.extend((0..100).map(|n| (n, ())));
            check(&map);
        }
    }
    // Keys that agree in many low bits are spread.
    let mut map = HMap::new();
    map.extend((0..50_000_u64).map(|n| (n << 40, ())));
    assert!(longest(&map) < 40, "{}", longest(&map));
}
