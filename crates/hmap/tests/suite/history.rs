//! Histories written as bytes, against std's map; any bytes are one. The first says how keys are hashed,
//! and then each two are an operation and what it is done to. The fuzzer makes them up
//! (`fuzz/fuzz_targets/history.rs`), and `replay` goes through those that are kept.

use crate::common::{Hash64, check};
use gompa_hmap::{Entry, HMap};
use std::collections::HashMap;

/// Values are boxes, so that one that is lost or dropped twice is noticed by who watches memory.
type Ours = HMap<u64, Box<u64>, Hash64>;
type Theirs = HashMap<u64, u64>;

pub fn replay(bytes: &[u8]) {
    let Some((hash, rest)) = bytes.split_first() else {
        return;
    };
    let hash = match hash % 8 {
        0..3 => Hash64::Mix,
        3..6 => Hash64::Id,
        6 => Hash64::Few,
        _ => Hash64::Same,
    };
    // Where keys collide everything takes as long as its chain.
    let many = if hash == Hash64::Mix || hash == Hash64::Id {
        16
    } else {
        1
    };
    let (mut ours, mut theirs) = (Ours::with_hasher(hash), Theirs::new());
    for (n, pair) in rest.as_chunks::<2>().0.iter().enumerate() {
        step(
            &mut ours,
            &mut theirs,
            pair[0],
            pair[1].into(),
            many,
            n as u64,
        );
        assert_eq!(ours.len(), theirs.len());
    }
    check(&ours);
    for (key, value) in &theirs {
        assert_eq!(ours.get(key).map(|v| **v), Some(*value));
    }
}

fn step(ours: &mut Ours, theirs: &mut Theirs, op: u8, arg: u64, many: u64, value: u64) {
    let boxed = |value| Box::new(value);
    match op % 20 {
        0 | 1 => {
            let before = ours.insert(arg, boxed(value));
            assert_eq!(before.map(|v| *v), theirs.insert(arg, value));
        }
        2 | 3 => assert_eq!(ours.remove(&arg).map(|v| *v), theirs.remove(&arg)),
        4 => assert_eq!(
            **ours.entry(arg).or_insert_with(|| boxed(value)),
            *theirs.entry(arg).or_insert(value)
        ),
        5 if arg < 8 => {
            ours.clear();
            theirs.clear();
        }
        6 => ours.shrink_to_fit(),
        7 => {
            for key in 0..arg * many {
                let before = ours.insert(key, boxed(value));
                assert_eq!(before.map(|v| *v), theirs.insert(key, value));
            }
        }
        8 => {
            for key in 0..arg * many {
                assert_eq!(ours.remove(&key).map(|v| *v), theirs.remove(&key));
            }
        }
        // The highest for tables that are mappings, and that move in turn.
        9 if arg < 240 => ours.reserve(arg as usize * 64),
        9 => ours.reserve(arg as usize * 1024),
        10 => *ours = ours.clone(),
        11 => walk(ours, theirs, arg),
        12 => {
            let removed = match ours.entry(arg) {
                Entry::Occupied(entry) => Some(*entry.remove()),
                Entry::Vacant(_) => None,
            };
            assert_eq!(removed, theirs.remove(&arg));
        }
        13 => {
            ours.retain(|key, _| key % (arg + 1) != 0);
            theirs.retain(|key, _| key % (arg + 1) != 0);
        }
        14 => {
            for (key, value) in ours.extract_if(|key, _| key % 3 == 0).take(arg as usize) {
                assert_eq!(theirs.remove(&key), Some(*value));
            }
        }
        15 if arg < 16 => {
            for (key, value) in ours.drain().take(arg as usize * 100) {
                assert_eq!(theirs.get(&key), Some(&*value));
            }
            theirs.clear();
        }
        16 => {
            for (_, value) in ours.iter_mut().skip(arg as usize) {
                **value += 1;
            }
            let ours: HashMap<_, _> = ours.iter().map(|(key, value)| (*key, **value)).collect();
            assert_eq!(ours.len(), theirs.len());
            *theirs = ours;
        }
        17 => {
            let copy = ours.clone();
            let met = copy.into_iter().take(arg as usize * 16);
            assert!(
                met.into_iter()
                    .all(|(key, value)| theirs.get(&key) == Some(&value))
            );
        }
        18 => ours.shrink_to(arg as usize * 16),
        19 => {
            let found = ours.get_disjoint_mut([&arg, &(arg + 1)]);
            let expected = [arg, arg + 1].map(|key| theirs.get(&key).copied());
            assert_eq!(found.map(|v| v.map(|v| **v)), expected);
        }
        _ => assert_eq!(ours.get(&arg).map(|v| **v), theirs.get(&arg).copied()),
    }
}

/// Meets each entry once, and takes some out on the way.
fn walk(ours: &mut Ours, theirs: &mut Theirs, arg: u64) {
    let mut cursor = ours.cursor();
    let (mut met, there) = (0, theirs.len());
    while let Some((key, found)) = cursor.next() {
        assert_eq!(theirs.get(key), Some(&**found));
        let key = *key;
        met += 1;
        if arg > 0 && key % arg == 0 {
            assert_eq!(cursor.remove(&key).map(|v| *v), theirs.remove(&key));
        }
    }
    assert_eq!(met, there);
}
