//! Walks, nil maps and float keys: what Go has and std has not.

use crate::common::{Hash64, Map, check};
use gompa_hmap::{Float, Growth, HMap};
use std::collections::BTreeSet;

/// A walk that begins during a growth of each kind, or with none, while it goes on.
#[test]
fn each_once_in_every_state_of_growth() {
    for before in (0..60).chain((60..2500).step_by(13)) {
        let mut map = Map::with_hasher(Hash64::Mix);
        for key in 0..before {
            map.insert(key, key);
        }
        if before % 3 == 0 {
            map.shrink_to_fit();
            map.insert(0, 0);
        }
        let mut met = BTreeSet::new();
        let len = map.len();
        let mut cursor = map.cursor();
        let mut fresh = 1_000_000;
        while let Some((key, _)) = cursor.next() {
            if *key < 1_000_000 {
                assert!(met.insert(*key), "{key} twice");
            }
            for _ in 0..3 {
                fresh += 1;
                cursor.insert(fresh, 0);
            }
            if before % 2 == 0 {
                cursor.remove(&(fresh - 1));
            }
            if fresh > 1_008_000 {
                break;
            }
        }
        if fresh <= 1_008_000 {
            assert_eq!(met.len(), len);
        }
        if before % 100 == 0 {
            check(&map);
        }
    }
}

#[test]
fn a_walk_while_the_map_shrinks() {
    let mut map = Map::with_hasher(Hash64::Mix);
    map.extend((0..40_000).map(|key| (key, key)));
    for key in 0..37_000 {
        map.remove(&key);
        if map.stats().shrinking {
            break;
        }
    }
    let left: BTreeSet<u64> = map.keys().copied().collect();
    assert!(map.stats().shrinking, "{:?}", map.stats());
    let b = map.stats().b;
    let mut met = BTreeSet::new();
    let mut cursor = map.cursor();
    while let Some((key, _)) = cursor.next() {
        let key = *key;
        assert!(met.insert(key));
        assert_eq!(cursor.remove(&key), Some(key));
    }
    assert_eq!(met, left);
    // What had begun is over; the next step waits until nobody walks.
    assert_eq!((map.stats().b, map.stats().shrinking), (b, false));
    map.insert(1, 1);
    map.remove(&1);
    assert!(map.stats().shrinking);
}

#[test]
fn an_empty_walk() {
    let mut map = Map::default();
    assert!(map.cursor().next().is_none());
    map.insert(1, 1);
    map.remove(&1);
    let mut cursor = map.cursor();
    assert!(cursor.next().is_none());
    cursor.insert(2, 2);
    assert!(cursor.next().is_none());
    assert!(HMap::<u8, u8>::nil().cursor().next().is_none());
}

#[test]
fn orders_vary() {
    for len in [3, 7, 9, 15] {
        let map: HMap<u32, ()> = (0..len).map(|n| (n, ())).collect();
        let orders: BTreeSet<Vec<u32>> = (0..200).map(|_| map.keys().copied().collect()).collect();
        assert!(orders.len() > 1, "{len}");
        let mut map = map;
        let mut orders = BTreeSet::new();
        for _ in 0..200 {
            let mut order = Vec::new();
            let mut cursor = map.cursor();
            while let Some((key, ())) = cursor.next() {
                order.push(*key);
            }
            orders.insert(order);
        }
        assert!(orders.len() > 1, "{len}");
    }
}

#[test]
fn seeds() {
    let order = |seed| {
        let mut map = HMap::with_seed(seed);
        map.extend((0..1000_u32).map(|n| (n, n)));
        let first: Vec<u32> = map.keys().copied().collect();
        let second: Vec<u32> = map.keys().copied().collect();
        assert_ne!(first, second);
        (first, second)
    };
    assert_eq!(order(1), order(1));
    assert_ne!(order(1), order(2));
}

#[test]
fn nil() {
    let mut map = HMap::<String, u32>::nil();
    assert!(map.is_nil() && map.is_empty() && !HMap::<u8, u8>::new().is_nil());
    assert_eq!(map.get("a"), None);
    assert_eq!(map.remove("a"), None);
    assert_eq!(map.iter().count(), 0);
    map.clear();
    map.retain(|_, _| true);
    map.reserve(100);
    map.shrink_to_fit();
    assert_eq!(map.drain().count(), 0);
    map.extend(None);
    assert!(map.is_nil() && map.clone().is_nil());
    assert_eq!(map, HMap::new());
    assert!(matches!(
        map.entry("a".into()),
        gompa_hmap::Entry::Vacant(_)
    ));
    for insert in [
        |map: &mut HMap<String, u32>| map.insert("a".into(), 1),
        |map: &mut HMap<String, u32>| Some(*map.entry("a".into()).or_insert(1)),
        |map: &mut HMap<String, u32>| map.cursor().insert("a".into(), 1),
    ] {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| insert(&mut map)));
        let text = *panic.unwrap_err().downcast::<&str>().unwrap();
        assert_eq!(text, "assignment to entry in nil map");
    }
    assert_eq!(map.len(), 0);
}

/// Go's TestGrowWithNaN, GrowWithNegativeZero and MapNanGrowIterator, in our words.
#[test]
fn floats() {
    let mut map = HMap::new();
    for n in 0..104 {
        map.insert(Float(f64::NAN), n);
    }
    map.insert(Float(0.0), 1000);
    assert_eq!(map.insert(Float(-0.0), 1001), Some(1000));
    assert_eq!(map.get(&Float(f64::NAN)), None);
    assert_eq!(map.remove(&Float(f64::NAN)), None);
    assert_eq!(map.len(), 105);
    // Growth begins before and ends during the walk; each NaN is met once.
    map.insert(Float(1.0), 1002);
    let mut met = Vec::new();
    let mut cursor = map.cursor();
    let mut n = 2.0;
    while let Some((key, value)) = cursor.next() {
        if key.0.is_nan() {
            met.push(*value);
        }
        for _ in 0..5 {
            cursor.insert(Float(n), 0);
            n += 1.0;
            if n > 3000.0 {
                n = 2.0;
            }
        }
    }
    met.sort();
    assert_eq!(met, Vec::from_iter(0..104));
    assert_eq!(map.keys().filter(|key| key.0.is_nan()).count(), 104);
    let copy = map.clone();
    assert!(map != copy, "NaN is not equal to itself");
    // They lie in many chains, not in one.
    let longest = map.dump().chains().iter().map(Vec::len).max().unwrap();
    assert!(longest < 8, "{longest}");
    map.retain(|key, _| !key.0.is_nan());
    assert_eq!(map[&Float(0.0)], 1001);
}

#[test]
fn dumps_print_meaning() {
    let mut map = Map::with_hasher(Hash64::Id);
    for key in 0..14 {
        map.insert(key, key);
    }
    let text = format!("{:?}", map.dump());
    assert!(text.starts_with("14 entries, b = 2, at rest\n"), "{text}");
    assert!(
        text.contains("     1 [05:1 05:5 05:9 05:13 . . . .]"),
        "{text}"
    );
    for key in 14..27 {
        map.insert(key, key);
    }
    let text = format!("{:?}", map.dump());
    assert!(
        text.contains("growing (Double)") && text.contains("old\n"),
        "{text}"
    );
    assert!(
        text.contains('<') && text.contains('>') && text.contains('x'),
        "{text}"
    );
    assert_eq!(map.stats().growing, Some(Growth::Double));
}
