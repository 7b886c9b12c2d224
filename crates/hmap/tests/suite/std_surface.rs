//! What users of std's map expect, name by name.

use gompa_hmap::{
    Drain, Entry, ExtractIf, HMap, IntoIter, IntoKeys, IntoValues, Iter, IterMut, Keys,
    OccupiedEntry, RandomState, VacantEntry, Values, ValuesMut,
};
use std::cell::Cell;
use std::collections::hash_map::Entry as StdEntry;
use std::collections::{BTreeMap, hash_map};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// This program, with std's map and with ours.
macro_rules! surface {
    ($name:ident, $($map:ident)::+, $entry:ident, $($state:ident)::+) => {
        #[test]
        fn $name() {
            type Map<K, V> = $($map)::+<K, V>;
            let mut map: Map<String, i32> = Map::new();
            assert!(map.is_empty() && map.capacity() == 0);
            assert_eq!(map.insert("a".to_owned(), 1), None);
            assert_eq!(map.insert("a".to_owned(), 2), Some(1));
            assert_eq!(map.get("a"), Some(&2));
            assert_eq!(map.get_key_value("a"), Some((&"a".to_owned(), &2)));
            assert!(map.contains_key("a") && !map.contains_key("b"));
            *map.get_mut("a").unwrap() += 1;
            assert_eq!(map["a"], 3);
            *map.entry("b".into()).or_insert(5) += 1;
            *map.entry("b".into()).or_default() += 1;
            map.entry("c".into()).or_insert_with(|| 9);
            map.entry("dd".into()).or_insert_with_key(|key| key.len() as i32);
            map.entry("c".into()).and_modify(|v| *v += 1).or_insert(0);
            assert_eq!(*map.entry("e".into()).insert_entry(4).get(), 4);
            assert_eq!(map.entry("e".into()).key(), "e");
            match map.entry("e".into()) {
                $entry::Occupied(mut entry) => {
                    assert_eq!(entry.key(), "e");
                    assert_eq!(entry.insert(6), 4);
                    *entry.get_mut() += 1;
                    assert_eq!(entry.remove_entry(), ("e".to_owned(), 7));
                }
                $entry::Vacant(_) => unreachable!(),
            }
            match map.entry("f".into()) {
                $entry::Occupied(_) => unreachable!(),
                $entry::Vacant(entry) => assert_eq!(entry.into_key(), "f"),
            }
            let sorted: BTreeMap<_, _> = map.iter().map(|(k, v)| (k.as_str(), *v)).collect();
            assert_eq!(Vec::from_iter(sorted), [("a", 3), ("b", 7), ("c", 10), ("dd", 2)]);
            assert_eq!(map.keys().len(), 4);
            assert_eq!(map.values().sum::<i32>(), 22);
            map.values_mut().for_each(|v| *v *= 2);
            map.iter_mut().for_each(|(_, v)| *v += 1);
            assert_eq!(map.values().copied().max(), Some(21));
            let [a, b, none] = map.get_disjoint_mut(["a", "b", "z"]);
            assert_eq!(none, None);
            std::mem::swap(a.unwrap(), b.unwrap());
            assert_eq!((map["a"], map["b"]), (15, 7));
            let copy = map.clone();
            assert_eq!(copy, map);
            map.retain(|key, _| key != "dd");
            assert_ne!(copy, map);
            assert_eq!(map.remove("a"), Some(15));
            assert_eq!(map.remove_entry("a"), None);
            assert_eq!(map.extract_if(|_, v| *v == 7).count(), 1);
            map.extend([("x".to_owned(), 1), ("y".to_owned(), 2)]);
            assert_eq!(map.drain().count(), 3);
            assert!(map.is_empty());
            map.reserve(100);
            assert!(map.capacity() >= 100 && map.try_reserve(10).is_ok());
            map.shrink_to(10);
            map.shrink_to_fit();
            map.clear();

            let map: Map<i32, char> = Map::from([(1, 'a'), (2, 'b')]);
            assert_eq!(format!("{:?}", Map::from([(1, 'a')])), "{1: 'a'}");
            assert_eq!(format!("{:?}", Map::from([(1, 'a')]).iter()), "[(1, 'a')]");
            assert_eq!(format!("{:?}", Map::from([(1, 'a')]).keys()), "[1]");
            assert_eq!(format!("{:?}", Map::from([(1, 'a')]).into_values()), "['a']");
            assert_eq!(format!("{:?}", Map::from([(1, 'a')]).into_iter()), "[(1, 'a')]");
            assert_eq!(format!("{:#?}", Map::from([(1, 'a')])), "{\n    1: 'a',\n}");
            let mut one = Map::from([(1, 'a')]);
            assert_eq!(
                format!("{:?}", one.entry(1)),
                "Entry(OccupiedEntry { key: 1, value: 'a', .. })"
            );
            assert_eq!(format!("{:?}", one.entry(2)), "Entry(VacantEntry(2))");
            let mut keys: Vec<i32> = map.clone().into_keys().collect();
            keys.sort();
            assert_eq!(keys, [1, 2]);
            let mut sum = 0;
            for (key, _) in &map {
                sum += key;
            }
            let mut map: Map<i32, char> = map.into_iter().collect();
            for (_, value) in &mut map {
                value.make_ascii_uppercase();
            }
            map.extend(&Map::from([(3, 'c')]));
            assert_eq!((sum, map[&1], map[&3]), (3, 'A', 'c'));
            let hashed = $($map)::+::with_capacity_and_hasher(10, $($state)::+::default());
            let mut hashed: Map<i32, i32> = hashed;
            hashed.insert(1, 1);
            let _ = hashed.hasher();
            let iter = hashed.iter();
            assert_eq!((iter.len(), iter.clone().size_hint()), (1, (1, Some(1))));
            let taken = std::mem::take(&mut hashed);
            assert_eq!((taken.len(), hashed.len()), (1, 0));
        }
    };
}

surface!(stds, hash_map::HashMap, StdEntry, hash_map::RandomState);
surface!(ours, gompa_hmap::HMap, Entry, gompa_hmap::RandomState);

#[test]
#[should_panic = "duplicate keys"]
fn disjoint_means_disjoint() {
    HMap::from([(1, 1)]).get_disjoint_mut([&1, &1]);
}

#[test]
fn the_first_key_stays() {
    let first = Rc::new(1);
    let mut map = HMap::from([(Rc::clone(&first), 1)]);
    map.insert(Rc::new(1), 2);
    assert!(Rc::ptr_eq(map.keys().next().unwrap(), &first));
    assert_eq!(map.into_values().next(), Some(2));
}

/// With a hasher that is no one's default.
#[test]
fn sip_hash() {
    let mut map: HMap<&str, i32, hash_map::RandomState> = HMap::default();
    map.insert("a", 1);
    assert_eq!(map["a"], 1);
}

/// What is a matter of the types alone.
#[test]
fn auto_traits_and_variance() {
    fn all<T: Send + Sync + UnwindSafe + RefUnwindSafe + Unpin>() {}
    fn send<T: Send>() {}
    all::<HMap<u8, u8>>();
    all::<Iter<'_, u8, u8>>();
    all::<Keys<'_, u8, u8>>();
    all::<Values<'_, u8, u8>>();
    all::<IntoIter<u8, u8>>();
    all::<IntoKeys<u8, u8>>();
    all::<IntoValues<u8, u8>>();
    fn both<T: Send + Sync>() {}
    both::<IterMut<'_, u8, u8>>();
    both::<ValuesMut<'_, u8, u8>>();
    both::<Drain<'_, u8, u8>>();
    both::<Entry<'_, u8, u8>>();
    both::<OccupiedEntry<'_, u8, u8>>();
    both::<VacantEntry<'_, u8, u8>>();
    both::<ExtractIf<'_, u8, u8, fn(&u8, &mut u8) -> bool>>();
    send::<HMap<Cell<u8>, Cell<u8>>>();
    send::<gompa_hmap::Cursor<'_, u8, u8, RandomState>>();

    fn map<'a>(map: HMap<&'static str, &'static str>) -> HMap<&'a str, &'a str> {
        map
    }
    fn iter<'i, 'a>(iter: Iter<'i, &'static str, &'static str>) -> Iter<'i, &'a str, &'a str> {
        iter
    }
    fn into_iter<'a>(iter: IntoIter<&'static str, &'static str>) -> IntoIter<&'a str, &'a str> {
        iter
    }
    fn drain<'i, 'a>(drain: Iter<'i, &'static str, u8>) -> Iter<'i, &'a str, u8> {
        drain
    }
    let text = "short".to_owned();
    let mut shorter = map(HMap::new());
    shorter.insert(&text, &text);
    assert_eq!(iter(HMap::new().iter()).len(), 0);
    assert_eq!(into_iter(HMap::new().into_iter()).len(), 0);
    assert_eq!(drain(HMap::new().iter()).len(), 0);
}

/// What must not compile.
#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[cfg(feature = "serde")]
#[test]
fn serde() {
    let map: HMap<String, Vec<u8>> = HMap::from([("a".into(), vec![1, 2])]);
    let text = serde_json::to_string(&map).unwrap();
    assert_eq!(text, r#"{"a":[1,2]}"#);
    assert_eq!(
        serde_json::from_str::<HMap<String, Vec<u8>>>(&text).unwrap(),
        map
    );
    assert!(serde_json::from_str::<HMap<String, u8>>("[]").is_err());
    let float = serde_json::to_string(&gompa_hmap::Float(1.5)).unwrap();
    assert_eq!(float, "1.5");
}
