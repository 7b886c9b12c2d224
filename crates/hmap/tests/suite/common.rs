//! Hashers that do as they are told.

use gompa_hmap::HMap;
use std::hash::{BuildHasher, Hasher};

/// How the traces hash.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Hash64 {
    /// The finaliser of splitmix64.
    #[default]
    Mix,
    /// The key is its hash.
    Id,
    /// All keys collide.
    Same,
    /// All keys collide in eight chains.
    Few,
}

impl Hash64 {
    pub fn named(name: &str) -> Self {
        match name {
            "mix" => Hash64::Mix,
            "id" => Hash64::Id,
            _ => panic!("no hash {name}"),
        }
    }
}

pub struct State(Hash64, u64);

impl BuildHasher for Hash64 {
    type Hasher = State;

    fn build_hasher(&self) -> State {
        State(*self, 0)
    }
}

impl Hasher for State {
    fn finish(&self) -> u64 {
        match self.0 {
            Hash64::Mix => mix(self.1),
            Hash64::Id => self.1,
            Hash64::Same => 0,
            Hash64::Few => mix(self.1 % 8),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.1 = self.1.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, n: u64) {
        self.1 = n;
    }
}

pub fn mix(key: u64) -> u64 {
    let z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A map whose keys, by their words, must be what Go's would be.
pub type Map = HMap<u64, u64, Hash64>;

/// The invariants that hold whatever has happened: all entries are found, iteration meets each of
/// them once, and in every chain nothing follows what says that nothing follows.
pub fn check<V, S: BuildHasher>(map: &HMap<u64, V, S>) {
    assert_eq!(map.iter().count(), map.len());
    for key in map.keys() {
        assert!(map.contains_key(key), "{key} is lost");
    }
    let dump = map.dump();
    let mut entries = 0;
    for chain in dump
        .chains()
        .into_iter()
        .chain(dump.old_chains().unwrap_or_default())
    {
        let mut before = 9;
        for bucket in chain {
            for (top, entry) in bucket.tophash.into_iter().zip(bucket.entries) {
                assert_eq!(top >= 5, entry.is_some());
                entries += usize::from(entry.is_some());
                assert!(before != 0 || top == 0, "after the rest comes {top}");
                assert!(before != 1 || top != 0, "a gap before the rest");
                before = top;
            }
        }
    }
    assert_eq!(entries, map.len());
}
