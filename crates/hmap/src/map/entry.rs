//! The entry API.

use super::HMap;
use crate::header::{At, Header, Slot};
use std::fmt::{self, Debug};
use std::hash::{BuildHasher, Hash};
use std::mem;

/// The place of one key in a map, with an entry or without; made by [`HMap::entry`].
pub enum Entry<'a, K, V> {
    /// The key is there.
    Occupied(OccupiedEntry<'a, K, V>),
    /// The key is not there.
    Vacant(VacantEntry<'a, K, V>),
}

/// An entry that is there.
pub struct OccupiedEntry<'a, K, V> {
    pub(super) map: &'a mut Header<K, V>,
    pub(super) hash: u64,
    pub(super) at: At,
}

/// The place of an entry that is not there.
pub struct VacantEntry<'a, K, V> {
    pub(super) spot: Spot<'a, K, V>,
    pub(super) key: K,
}

/// Where a new entry will be.
pub(super) struct Spot<'a, K, V> {
    pub(super) map: &'a mut Header<K, V>,
    pub(super) hash: u64,
    /// `None` in the nil map.
    pub(super) at: Option<At>,
}

impl<K: Eq + Hash, V, S: BuildHasher> HMap<K, V, S> {
    /// The place of a key. If the map has to grow before a new entry can be put in, it begins here.
    pub fn entry(&mut self, key: K) -> Entry<'_, K, V> {
        self.renew_if_stale();
        let hash = self.hasher.hash_one(&key);
        match self.spot(hash, |k| *k == key) {
            Ok(entry) => Entry::Occupied(entry),
            Err(spot) => Entry::Vacant(VacantEntry { spot, key }),
        }
    }

    /// The entry of this hash, or where it would be.
    pub(super) fn spot(
        &mut self,
        hash: u64,
        is: impl FnMut(&K) -> bool,
    ) -> Result<OccupiedEntry<'_, K, V>, Spot<'_, K, V>> {
        let rehash = |key: &K| self.hasher.hash_one(key);
        let map = &mut self.header;
        let at = match map.slot(hash, is, &rehash, None) {
            Slot::Found(at) => return Ok(OccupiedEntry { map, hash, at }),
            Slot::Vacant(_) if map.is_nil() => None,
            Slot::Vacant(vacancy) => Some(map.room(vacancy, hash, &rehash, None)),
        };
        Err(Spot { map, hash, at })
    }
}

impl<'a, K, V> Spot<'a, K, V> {
    fn fill(self, key: K, value: V) -> OccupiedEntry<'a, K, V> {
        let Spot { map, hash, at } = self;
        let Some(at) = at else {
            panic!("assignment to entry in nil map");
        };
        map.fill(at, hash, (key, value));
        OccupiedEntry { map, hash, at }
    }

    pub(super) fn insert(self, key: K, value: V) -> &'a mut V {
        self.fill(key, value).into_mut()
    }
}

impl<'a, K, V> Entry<'a, K, V> {
    /// The value; `default` if there was none.
    pub fn or_insert(self, default: V) -> &'a mut V {
        self.or_insert_with(|| default)
    }

    /// The value; what `default` makes if there was none.
    pub fn or_insert_with<F: FnOnce() -> V>(self, default: F) -> &'a mut V {
        self.or_insert_with_key(|_| default())
    }

    /// The value; what `default` makes of the key if there was none.
    pub fn or_insert_with_key<F: FnOnce(&K) -> V>(self, default: F) -> &'a mut V {
        match self {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let value = default(entry.key());
                entry.insert(value)
            }
        }
    }

    /// The value; `V::default()` if there was none.
    pub fn or_default(self) -> &'a mut V
    where
        V: Default,
    {
        self.or_insert_with(V::default)
    }

    /// The key: that of the map if it is there, else the one that was given.
    pub fn key(&self) -> &K {
        match self {
            Entry::Occupied(entry) => entry.key(),
            Entry::Vacant(entry) => entry.key(),
        }
    }

    /// Changes the value if there is one.
    pub fn and_modify<F: FnOnce(&mut V)>(mut self, change: F) -> Self {
        if let Entry::Occupied(entry) = &mut self {
            change(entry.get_mut());
        }
        self
    }

    /// Sets the value.
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V> {
        match self {
            Entry::Occupied(mut entry) => {
                entry.insert(value);
                entry
            }
            Entry::Vacant(entry) => entry.insert_entry(value),
        }
    }
}

impl<'a, K, V> OccupiedEntry<'a, K, V> {
    fn pair(&self) -> &(K, V) {
        self.map.at(self.at).expect("the entry is there")
    }

    fn pair_mut(&mut self) -> &mut (K, V) {
        self.map.at_mut(self.at).expect("the entry is there")
    }

    /// The key, as it is in the map.
    pub fn key(&self) -> &K {
        &self.pair().0
    }

    /// The value.
    pub fn get(&self) -> &V {
        &self.pair().1
    }

    /// The value, to change.
    pub fn get_mut(&mut self) -> &mut V {
        &mut self.pair_mut().1
    }

    /// The value, to change, for as long as the map is borrowed.
    pub fn into_mut(self) -> &'a mut V {
        &mut self.map.at_mut(self.at).expect("the entry is there").1
    }

    /// Sets the value; the one it had.
    pub fn insert(&mut self, value: V) -> V {
        mem::replace(self.get_mut(), value)
    }

    /// Takes the entry out of the map; its value.
    pub fn remove(self) -> V {
        let (key, value) = self.remove_entry();
        drop(key);
        value
    }

    /// Takes the entry out of the map.
    pub fn remove_entry(self) -> (K, V) {
        self.map.take_hashed(self.at, self.hash)
    }
}

impl<'a, K, V> VacantEntry<'a, K, V> {
    /// The key that was given.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The key back.
    pub fn into_key(self) -> K {
        self.key
    }

    /// Inserts the entry.
    ///
    /// # Panics
    /// `assignment to entry in nil map` in a nil map.
    pub fn insert(self, value: V) -> &'a mut V {
        self.spot.insert(self.key, value)
    }

    /// Inserts the entry.
    ///
    /// # Panics
    /// As [`VacantEntry::insert`].
    pub fn insert_entry(self, value: V) -> OccupiedEntry<'a, K, V> {
        self.spot.fill(self.key, value)
    }
}

impl<K: Debug, V: Debug> Debug for Entry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entry = f.debug_tuple("Entry");
        match self {
            Entry::Occupied(occupied) => entry.field(occupied),
            Entry::Vacant(vacant) => entry.field(vacant),
        };
        entry.finish()
    }
}

impl<K: Debug, V: Debug> Debug for OccupiedEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OccupiedEntry")
            .field("key", self.key())
            .field("value", self.get())
            .finish_non_exhaustive()
    }
}

impl<K: Debug, V> Debug for VacantEntry<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntry").field(self.key()).finish()
    }
}
