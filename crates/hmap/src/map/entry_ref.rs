//! Entries by a borrowed key, which is cloned into an owned one only if it is needed.

use super::HMap;
use super::entry::{OccupiedEntry, Spot};
use std::borrow::Borrow;
use std::fmt::{self, Debug};
use std::hash::{BuildHasher, Hash};

/// The place of one key in a map; made by [`HMap::entry_ref`].
pub enum EntryRef<'a, 'q, K, Q: ?Sized, V> {
    /// The key is there.
    Occupied(OccupiedEntry<'a, K, V>),
    /// The key is not there.
    Vacant(VacantEntryRef<'a, 'q, K, Q, V>),
}

/// The place of an entry that is not there.
pub struct VacantEntryRef<'a, 'q, K, Q: ?Sized, V> {
    spot: Spot<'a, K, V>,
    key: &'q Q,
}

impl<K: Eq + Hash, V, S: BuildHasher> HMap<K, V, S> {
    /// The place of a key that is made an owned one only when it is inserted.
    ///
    /// ```
    /// # use gompa_hmap::HMap;
    /// let mut count: HMap<String, u32> = HMap::new();
    /// for word in "a rose is a rose".split(' ') {
    ///     *count.entry_ref(word).or_insert(0) += 1;
    /// }
    /// assert_eq!((count["a"], count["is"]), (2, 1));
    /// ```
    pub fn entry_ref<'a, 'q, Q: Hash + Eq + ?Sized>(
        &'a mut self,
        key: &'q Q,
    ) -> EntryRef<'a, 'q, K, Q, V>
    where
        K: Borrow<Q>,
    {
        self.renew_if_stale();
        let hash = self.hasher.hash_one(key);
        match self.spot(hash, |k| key == k.borrow()) {
            Ok(entry) => EntryRef::Occupied(entry),
            Err(spot) => EntryRef::Vacant(VacantEntryRef { spot, key }),
        }
    }
}

impl<'a, 'q, K: From<&'q Q>, Q: ?Sized, V> EntryRef<'a, 'q, K, Q, V> {
    /// The value; `default` if there was none.
    pub fn or_insert(self, default: V) -> &'a mut V {
        self.or_insert_with(|| default)
    }

    /// The value; what `default` makes if there was none.
    pub fn or_insert_with<F: FnOnce() -> V>(self, default: F) -> &'a mut V {
        match self {
            EntryRef::Occupied(entry) => entry.into_mut(),
            EntryRef::Vacant(entry) => {
                let value = default();
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
}

impl<'a, 'q, K, Q: ?Sized, V> VacantEntryRef<'a, 'q, K, Q, V> {
    /// The key that was given.
    pub fn key(&self) -> &'q Q {
        self.key
    }

    /// Inserts the entry.
    ///
    /// # Panics
    /// `assignment to entry in nil map` in a nil map.
    pub fn insert(self, value: V) -> &'a mut V
    where
        K: From<&'q Q>,
    {
        self.spot.insert(K::from(self.key), value)
    }
}

impl<K: Debug, Q: Debug + ?Sized, V: Debug> Debug for EntryRef<'_, '_, K, Q, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut entry = f.debug_tuple("EntryRef");
        match self {
            EntryRef::Occupied(occupied) => entry.field(occupied),
            EntryRef::Vacant(vacant) => entry.field(vacant),
        };
        entry.finish()
    }
}

impl<K, Q: Debug + ?Sized, V> Debug for VacantEntryRef<'_, '_, K, Q, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VacantEntryRef").field(&self.key).finish()
    }
}
