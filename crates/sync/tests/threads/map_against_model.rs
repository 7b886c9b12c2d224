//! The map beside std's: the same after every operation, whatever the operations.

use gompa_sync::Map;
use proptest::prelude::*;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

#[derive(Clone, Debug)]
enum Op {
    Store(u8, u16),
    LoadOrStore(u8, u16),
    Swap(u8, u16),
    CompareAndSwap(u8, u16, u16),
    CompareAndDelete(u8, u16),
    LoadAndDelete(u8),
    Delete(u8),
    Load(u8),
    Clear,
    Range,
}

fn op() -> impl Strategy<Value = Op> {
    let (k, v) = (any::<u8>, || 0..4u16);
    prop_oneof![
        20 => (k(), v()).prop_map(|(k, v)| Op::Store(k, v)),
        5 => (k(), v()).prop_map(|(k, v)| Op::LoadOrStore(k, v)),
        5 => (k(), v()).prop_map(|(k, v)| Op::Swap(k, v)),
        5 => (k(), v(), v()).prop_map(|(k, v, w)| Op::CompareAndSwap(k, v, w)),
        5 => (k(), v()).prop_map(|(k, v)| Op::CompareAndDelete(k, v)),
        10 => k().prop_map(Op::LoadAndDelete),
        10 => k().prop_map(Op::Delete),
        10 => k().prop_map(Op::Load),
        1 => Just(Op::Clear),
        2 => Just(Op::Range),
    ]
}

/// A hasher by which most keys collide: all of a shard, of a slot, even of a hash.
#[derive(Clone)]
struct Coarse(u64);

impl BuildHasher for Coarse {
    type Hasher = CoarseHasher;
    fn build_hasher(&self) -> CoarseHasher {
        CoarseHasher(self.0, 0)
    }
}

struct CoarseHasher(u64, u64);

impl Hasher for CoarseHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.1 = u64::from(bytes[0]);
    }
    fn finish(&self) -> u64 {
        // By the mask the key's bits show in the tag, the shard, the slot, or nowhere.
        (self.1 << 56 | self.1 << 40 | self.1) & self.0
    }
}

fn same(ops: &[Op], mask: u64) -> Result<(), TestCaseError> {
    let map = Map::with_hasher(Coarse(mask));
    let mut model = HashMap::new();
    for op in ops {
        match *op {
            Op::Store(k, v) => {
                map.store(k, v);
                model.insert(k, v);
            }
            Op::LoadOrStore(k, v) => {
                let loaded = model.contains_key(&k);
                let is = *model.entry(k).or_insert(v);
                prop_assert_eq!(map.load_or_store(k, v), (is, loaded));
            }
            Op::Swap(k, v) => prop_assert_eq!(map.swap(k, v), model.insert(k, v)),
            Op::CompareAndSwap(k, v, w) => {
                let does = model.get(&k) == Some(&v);
                prop_assert_eq!(map.compare_and_swap(&k, &v, w), does);
                if does {
                    model.insert(k, w);
                }
            }
            Op::CompareAndDelete(k, v) => {
                let does = model.get(&k) == Some(&v);
                prop_assert_eq!(map.compare_and_delete(&k, &v), does);
                if does {
                    model.remove(&k);
                }
            }
            Op::LoadAndDelete(k) => prop_assert_eq!(map.load_and_delete(&k), model.remove(&k)),
            Op::Delete(k) => {
                map.delete(&k);
                model.remove(&k);
            }
            Op::Load(k) => prop_assert_eq!(map.load(&k), model.get(&k).copied()),
            Op::Clear => {
                map.clear();
                model.clear();
            }
            Op::Range => {
                let mut all = HashMap::new();
                map.range(|&k, &v| all.insert(k, v).is_none());
                prop_assert_eq!(&all, &model);
            }
        }
    }
    for k in 0..=u8::MAX {
        prop_assert_eq!(map.load(&k), model.get(&k).copied());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if cfg!(miri) { 2 } else { 64 },
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn as_stds_map(ops in prop::collection::vec(op(), 0..800), mask in prop_oneof![
        Just(u64::MAX), Just(0), Just(0xffff), Just(0xff << 56), Just(0xff << 40),
    ]) {
        same(&ops, mask)?;
    }
}
