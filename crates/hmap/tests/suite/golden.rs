//! The traces of the real Go, row by row. See `tests/golden/README.md`.

use crate::common::{Hash64, Map, check};
use gompa_hmap::{Bucket, Growth};
use std::collections::BTreeSet;

const GROWTH: &str = include_str!("../golden/growth.csv");
const SAMESIZE: &str = include_str!("../golden/samesize.csv");
const HINTS: &str = include_str!("../golden/hints.csv");
const OPS: &str = include_str!("../golden/ops.txt");
const ITER: &str = include_str!("../golden/iter.txt");

/// count, B, noverflow, growing, same_size, nevacuate.
fn state(map: &Map) -> [usize; 6] {
    let s = map.stats();
    [
        s.count,
        s.b.into(),
        s.overflow,
        s.growing.is_some().into(),
        (s.growing == Some(Growth::SameSize)).into(),
        s.evacuated,
    ]
}

fn numbers<'a>(fields: impl Iterator<Item = &'a str>) -> Vec<usize> {
    fields.map(|field| field.parse().unwrap()).collect()
}

#[test]
fn growth() {
    for hash in ["mix", "id"] {
        let mut rows = GROWTH
            .lines()
            .filter_map(|row| row.strip_prefix(hash)?.strip_prefix(','))
            .map(|row| numbers(row.split(',')))
            .peekable();
        let mut map = Map::with_hasher(Hash64::named(hash));
        let mut expected = Vec::new();
        let mut compared = 0;
        for key in 0..60_000 {
            map.insert(key, key);
            let inserts = key as usize + 1;
            let row = rows.next_if(|row| row[0] == inserts);
            let listed = row.is_some();
            expected = row.unwrap_or(expected);
            if listed || inserts <= 2000 {
                assert_eq!(state(&map)[1..], expected[1..], "{hash}, {inserts}");
                compared += 1;
            }
        }
        assert!(rows.next().is_none());
        assert!(compared >= 2000, "{compared}");
        check(&map);
    }
}

#[test]
fn same_size_growth() {
    let mut rows = SAMESIZE
        .lines()
        .skip(1)
        .map(|row| numbers(row.split(',')))
        .peekable();
    let mut compared = 0;
    while let Some(window) = rows.peek().map(|row| row[0]) {
        let mut map = Map::with_hasher(Hash64::Mix);
        let mut step = 0;
        while let Some(row) = rows.next_if(|row| row[0] == window) {
            while step <= row[1] {
                map.insert(step as u64, 0);
                if step >= window {
                    map.remove(&((step - window) as u64)).unwrap();
                }
                step += 1;
            }
            assert_eq!(state(&map)[..], row[2..], "{row:?}");
            compared += 1;
        }
        check(&map);
    }
    assert_eq!(compared, 2499);
}

#[test]
fn hints() {
    for row in HINTS.lines().skip(1) {
        let row: Vec<i64> = row.split(',').map(|field| field.parse().unwrap()).collect();
        let map = Map::with_capacity_and_hasher(usize::try_from(row[0]).unwrap_or(0), Hash64::Mix);
        let stats = map.stats();
        assert_eq!(i64::from(stats.b), row[1], "{row:?}");
        assert_eq!(i64::from(stats.buckets > 0), row[2], "{row:?}");
    }
}

/// A dumped chain as it is written in the file.
fn chain(chain: &[Bucket<'_, u64, u64>]) -> String {
    let bucket = |bucket: &Bucket<'_, u64, u64>| {
        let tophash: String = bucket
            .tophash
            .iter()
            .map(|top| format!("{top:02x}"))
            .collect();
        let keys = bucket.entries.map(|entry| match entry {
            Some((key, _)) => key.to_string(),
            None => "-".to_owned(),
        });
        format!("{tophash} {}", keys.join(" "))
    };
    let buckets: Vec<String> = chain.iter().map(bucket).collect();
    buckets.join(" | ")
}

fn operate(map: &mut Map, operation: &str, key: Option<u64>) {
    match (operation, key) {
        ("set", Some(key)) => drop(map.insert(key, key)),
        ("del", Some(key)) => drop(map.remove(&key)),
        ("clear", None) => map.clear(),
        _ => panic!("{operation} {key:?}"),
    }
}

#[test]
fn histories_with_every_cell() {
    let mut map = Map::default();
    let (mut dumped, mut name) = (0, "");
    let mut lines = OPS.lines().peekable();
    while let Some(line) = lines.next() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["script", script, hash, hint] => {
                name = script;
                map = Map::with_capacity_and_hasher(hint.parse().unwrap(), Hash64::named(hash));
            }
            ["state", ..] => {
                assert_eq!(
                    state(&map)[..],
                    numbers(words[1..].iter().copied()),
                    "{name}"
                );
                let dump = map.dump();
                let chains = |tag: &str, chains: Vec<Vec<Bucket<'_, u64, u64>>>| {
                    let said: Vec<_> = chains
                        .iter()
                        .map(|c| format!("{tag} {}", chain(c)))
                        .collect();
                    said
                };
                let mut said = chains("new", dump.chains());
                said.extend(chains("old", dump.old_chains().unwrap_or_default()));
                let is_chain = |line: &&str| line.starts_with("new ") || line.starts_with("old ");
                let expected: Vec<_> = std::iter::from_fn(|| lines.next_if(is_chain)).collect();
                assert_eq!(said, expected, "{name}");
                dumped += 1;
            }
            [operation] => operate(&mut map, operation, None),
            [operation, key] => operate(&mut map, operation, Some(key.parse().unwrap())),
            _ => panic!("{line}"),
        }
    }
    assert_eq!(dumped, 209);
}

/// After so many keys, these operations.
type During = (usize, Vec<(String, Option<u64>)>);

struct Case {
    name: String,
    map: Map,
    start: usize,
    offset: usize,
    during: Vec<During>,
    keys: Vec<u64>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in ITER.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if let ["case", name, hash, hint, start, offset] = words[..] {
            let hint = hint.parse().unwrap();
            cases.push(Case {
                name: name.to_owned(),
                map: Map::with_capacity_and_hasher(hint, Hash64::named(hash)),
                start: start.parse().unwrap(),
                offset: offset.parse().unwrap(),
                during: Vec::new(),
                keys: Vec::new(),
            });
            continue;
        }
        let case = cases.last_mut().unwrap();
        match words[..] {
            ["during", after] => case.during.push((after.parse().unwrap(), Vec::new())),
            ["keys", ..] => case.keys = words[1..].iter().map(|k| k.parse().unwrap()).collect(),
            _ => {
                let key = words.get(1).map(|key| key.parse().unwrap());
                match case.during.last_mut() {
                    Some((_, operations)) => operations.push((words[0].to_owned(), key)),
                    None => operate(&mut case.map, words[0], key),
                }
            }
        }
    }
    cases
}

/// Where nothing changes and nothing grows the order is Go's, from the same bucket and cell.
#[test]
fn order_of_iteration() {
    let mut compared = 0;
    for case in cases().into_iter().filter(|case| case.during.is_empty()) {
        let mut map = case.map;
        let b = map.stats().b;
        let (growing, len) = (map.stats().growing.is_some(), map.len());
        let random = (case.offset << b | case.start) as u64;
        let mut cursor = map.cursor_from(random);
        let mut keys = Vec::new();
        while let Some((key, _)) = cursor.next() {
            keys.push(*key);
        }
        if growing {
            // Go takes the buckets in the order of the new table here, we in that of the old one.
            assert_eq!(keys.len(), len, "{}", case.name);
            let (ours, gos) = (BTreeSet::from_iter(keys), BTreeSet::from_iter(case.keys));
            assert_eq!(ours, gos, "{}", case.name);
        } else {
            assert_eq!(keys, case.keys, "{}", case.name);
            compared += 1;
        }
    }
    assert_eq!(compared, 11);
}

/// Where things change on the way Go's guarantees hold, and what must be met is what Go has met.
#[test]
fn iteration_while_the_map_changes() {
    let mut seen_cases = 0;
    for case in cases().into_iter().filter(|case| !case.during.is_empty()) {
        let mut map = case.map;
        let before: BTreeSet<u64> = map.keys().copied().collect();
        let mut touched = BTreeSet::new();
        let b = map.stats().b;
        let mut cursor = map.cursor_from((case.offset << b | case.start) as u64);
        let mut keys = Vec::new();
        let mut live = before.clone();
        while let Some((key, value)) = cursor.next() {
            assert_eq!(*key, *value);
            let key = *key;
            assert!(live.contains(&key), "{}: {key} had been removed", case.name);
            keys.push(key);
            for (_, operations) in case.during.iter().filter(|(after, _)| *after == keys.len()) {
                for (operation, key) in operations {
                    match (operation.as_str(), key) {
                        ("set", Some(key)) => {
                            cursor.insert(*key, *key);
                            live.insert(*key);
                        }
                        ("del", Some(key)) => {
                            cursor.remove(key);
                            live.remove(key);
                            touched.insert(*key);
                        }
                        _ => {
                            cursor.clear();
                            touched.append(&mut live);
                        }
                    }
                }
            }
        }
        let met: BTreeSet<u64> = keys.iter().copied().collect();
        assert_eq!(met.len(), keys.len(), "{}: one was met twice", case.name);
        for key in before.difference(&touched) {
            assert!(met.contains(key), "{}: {key} was not met", case.name);
        }
        check(&map);
        seen_cases += 1;
    }
    assert_eq!(seen_cases, 5);
}
