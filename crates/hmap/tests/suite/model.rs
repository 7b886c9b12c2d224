//! Against std's map: whatever is done, both are the same afterwards.

use crate::common::{Hash64, check};
use gompa_hmap::{Entry, HMap};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};

#[derive(Clone, Debug)]
enum Op {
    Insert(u64),
    InsertMany(u64, u16),
    Remove(u64),
    RemoveMany(u64, u16),
    Get(u64),
    GetMut(u64),
    Entry(u64, bool),
    EntryRemove(u64),
    Retain(u64),
    Extract(u64, u16),
    Drain(u16),
    Clear,
    Reserve(u16),
    ShrinkTo(u16),
    Clone,
    IntoIter(u16),
    IterMut,
    Disjoint(u64, u64),
    /// Walks; after each entry does one of these to a key that depends on it.
    Walk(Vec<(u8, u64)>, u16),
}

fn ops(keys: u64) -> impl Strategy<Value = Op> {
    let key = 0..keys;
    prop_oneof![
        8 => key.clone().prop_map(Op::Insert),
        6 => (key.clone(), 0..400_u16).prop_map(|(k, n)| Op::InsertMany(k, n)),
        8 => key.clone().prop_map(Op::Remove),
        6 => (key.clone(), 0..600_u16).prop_map(|(k, n)| Op::RemoveMany(k, n)),
        3 => key.clone().prop_map(Op::Get),
        3 => key.clone().prop_map(Op::GetMut),
        4 => (key.clone(), any::<bool>()).prop_map(|(k, b)| Op::Entry(k, b)),
        4 => key.clone().prop_map(Op::EntryRemove),
        1 => (2..9_u64).prop_map(Op::Retain),
        1 => (2..9_u64, 0..500_u16).prop_map(|(n, stop)| Op::Extract(n, stop)),
        1 => (0..500_u16).prop_map(Op::Drain),
        1 => Just(Op::Clear),
        1 => (0..2000_u16).prop_map(Op::Reserve),
        2 => (0..300_u16).prop_map(Op::ShrinkTo),
        2 => Just(Op::Clone),
        1 => (0..500_u16).prop_map(Op::IntoIter),
        1 => Just(Op::IterMut),
        1 => (key.clone(), key).prop_map(|(a, b)| Op::Disjoint(a, b)),
        3 => (prop::collection::vec((0..5_u8, 0..keys), 1..5), 0..700_u16)
            .prop_map(|(steps, stop)| Op::Walk(steps, stop)),
    ]
}

type Ours = HMap<u64, Box<u64>, Hash64>;
type Theirs = HashMap<u64, u64>;

fn step(ours: &mut Ours, theirs: &mut Theirs, op: Op, fresh: &mut u64) {
    *fresh += 1;
    let value = *fresh;
    match op {
        Op::Insert(key) => {
            let before = ours.insert(key, Box::new(value));
            assert_eq!(before.map(|v| *v), theirs.insert(key, value));
        }
        Op::InsertMany(key, n) => {
            let pairs = (key..key + u64::from(n)).map(|k| (k, value ^ k));
            ours.extend(pairs.clone().map(|(k, v)| (k, Box::new(v))));
            theirs.extend(pairs);
        }
        Op::Remove(key) => assert_eq!(ours.remove(&key).map(|v| *v), theirs.remove(&key)),
        Op::RemoveMany(key, n) => {
            for key in key..key + u64::from(n) {
                let pair = ours.remove_entry(&key).map(|(k, v)| (k, *v));
                assert_eq!(pair, theirs.remove_entry(&key));
            }
        }
        Op::Get(key) => assert_eq!(ours.get(&key).map(|v| **v), theirs.get(&key).copied()),
        Op::GetMut(key) => {
            let ours = ours.get_mut(&key).map(|v| **v += 1);
            assert_eq!(ours, theirs.get_mut(&key).map(|v| *v += 1));
        }
        Op::Entry(key, insert) => match ours.entry(key) {
            Entry::Occupied(mut entry) => {
                assert_eq!(Some(&**entry.get()), theirs.get(&key));
                **entry.get_mut() = value;
                theirs.insert(key, value);
            }
            Entry::Vacant(entry) => {
                assert!(!theirs.contains_key(&key));
                if insert {
                    assert_eq!(**entry.insert(Box::new(value)), value);
                    theirs.insert(key, value);
                }
            }
        },
        Op::EntryRemove(key) => {
            let removed = match ours.entry(key) {
                Entry::Occupied(entry) => Some(*entry.remove()),
                Entry::Vacant(_) => None,
            };
            assert_eq!(removed, theirs.remove(&key));
        }
        Op::Retain(n) => {
            ours.retain(|key, _| key % n == 0);
            theirs.retain(|key, _| key % n == 0);
        }
        Op::Extract(n, stop) => {
            for (key, value) in ours.extract_if(|key, _| key % n == 0).take(stop.into()) {
                assert_eq!(Some(*value), theirs.remove(&key));
                assert_eq!(key % n, 0);
            }
        }
        Op::Drain(stop) => {
            let mut drain = ours.drain();
            assert_eq!(drain.len(), theirs.len());
            for (key, value) in drain.by_ref().take(stop.into()) {
                assert_eq!(theirs.remove(&key), Some(*value));
            }
            theirs.clear();
        }
        Op::Clear => {
            ours.clear();
            theirs.clear();
        }
        Op::Reserve(n) => {
            ours.reserve(n.into());
            assert!(ours.capacity() >= ours.len() + usize::from(n));
        }
        Op::ShrinkTo(n) => ours.shrink_to(n.into()),
        Op::Clone => {
            let mut copy = ours.clone();
            assert_eq!(copy.stats().growing, ours.stats().growing);
            // The one goes its way, the other stays.
            copy.insert(value, Box::new(value));
            copy.retain(|key, _| key % 3 != 0);
            check(&copy);
            *ours = ours.clone();
        }
        Op::IntoIter(stop) => {
            let copy = ours.clone();
            let mut seen = BTreeSet::new();
            for (key, value) in copy.into_iter().take(stop.into()) {
                assert_eq!(theirs.get(&key), Some(&*value));
                assert!(seen.insert(key));
            }
            assert_eq!(seen.len(), theirs.len().min(stop.into()));
        }
        Op::IterMut => {
            let mut iter = ours.iter_mut();
            assert_eq!(iter.len(), theirs.len());
            iter.by_ref().for_each(|(key, value)| **value += key);
            theirs.iter_mut().for_each(|(key, value)| *value += key);
        }
        Op::Disjoint(a, b) if a != b => {
            let values = ours.get_disjoint_mut([&a, &b]);
            let expected = [a, b].map(|key| theirs.get(&key).copied());
            assert_eq!(values.map(|v| v.map(|v| **v)), expected);
        }
        Op::Disjoint(..) => {}
        Op::Walk(steps, stop) => walk(ours, theirs, &steps, stop, value),
    }
}

/// Go's guarantees, whatever is done on the way.
fn walk(ours: &mut Ours, theirs: &mut Theirs, steps: &[(u8, u64)], stop: u16, value: u64) {
    let mut untouched: BTreeSet<u64> = theirs.keys().copied().collect();
    let mut met = BTreeSet::new();
    let mut cursor = ours.cursor();
    for n in 0..usize::from(stop) {
        let Some((key, found)) = cursor.next() else {
            let missed: Vec<_> = untouched.difference(&met).collect();
            assert!(missed.is_empty(), "{missed:?} were not met");
            break;
        };
        let key = *key;
        assert_eq!(theirs.get(&key), Some(&**found), "{key} is not as it was");
        **found += 1;
        *theirs.get_mut(&key).unwrap() += 1;
        assert!(met.insert(key) || !untouched.contains(&key), "{key} twice");
        let (what, other) = steps[n % steps.len()];
        match what {
            0 => {
                let other = other ^ key;
                cursor.insert(other, Box::new(value));
                theirs.insert(other, value);
            }
            1 => {
                let other = other ^ key;
                let removed = cursor.remove(&other).map(|v| *v);
                assert_eq!(removed, theirs.remove(&other));
                untouched.remove(&other);
            }
            2 => {
                for other in (other..other + 60).map(|k| (k + 10_000 + key * 64) % (1 << 40)) {
                    cursor.insert(other, Box::new(value));
                    theirs.insert(other, value);
                }
            }
            3 => {
                assert_eq!(cursor.remove(&key).map(|v| *v), theirs.remove(&key));
                untouched.remove(&key);
            }
            _ => {}
        }
    }
    drop(cursor);
}

fn cases() -> u32 {
    let cases = std::env::var("GOMPA_HMAP_CASES").ok();
    cases.map_or(40, |cases| cases.parse().unwrap())
}

/// Chains are long where all collide, and everything takes as long as they are.
fn smaller(op: Op) -> Op {
    match op {
        Op::InsertMany(key, n) => Op::InsertMany(key, n % 40),
        Op::Walk(steps, stop) => Op::Walk(steps, stop % 30),
        other => other,
    }
}

fn run(hash: Hash64, ops: Vec<Op>) {
    let (mut ours, mut theirs, mut fresh) = (Ours::with_hasher(hash), Theirs::new(), 0);
    for op in ops {
        step(&mut ours, &mut theirs, op, &mut fresh);
        assert_eq!(ours.len(), theirs.len());
    }
    check(&ours);
    assert!(
        theirs
            .iter()
            .all(|(key, value)| **ours.get(key).unwrap() == *value)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn as_std(ops in prop::collection::vec(ops(600), 1..120)) {
        run(Hash64::Mix, ops);
    }

    #[test]
    fn as_std_with_large_maps(ops in prop::collection::vec(ops(20_000), 1..40)) {
        let mut all = vec![Op::InsertMany(0, 20_000), Op::ShrinkTo(0)];
        all.extend(ops);
        all.push(Op::RemoveMany(0, 19_000));
        run(Hash64::Mix, all);
    }

    #[test]
    fn as_std_with_hashes_in_order(ops in prop::collection::vec(ops(300), 1..80)) {
        run(Hash64::Id, ops);
    }

    #[test]
    fn as_std_with_collisions(ops in prop::collection::vec(ops(60), 1..40)) {
        let ops: Vec<Op> = ops.into_iter().map(smaller).collect();
        run(Hash64::Few, ops.clone());
        run(Hash64::Same, ops);
    }
}
