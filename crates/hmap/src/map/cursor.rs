//! Go's range: a walk during which the map may change.

use super::HMap;
use crate::header::{Slot, Walk};
use std::borrow::Borrow;
use std::fmt::{self, Debug};
use std::hash::{BuildHasher, Hash};
use std::mem;

/// A walk through a map during which entries may be inserted and removed; made by [`HMap::cursor`].
///
/// Go's guarantees hold: an entry that is there from beginning to end is met exactly once, whether
/// the map grows meanwhile or not; one that is removed before it is met is not met; one that is
/// inserted on the way is met once or not at all, and so is one that is removed and inserted again.
/// Values are met as they are then.
pub struct Cursor<'a, K, V, S> {
    map: &'a mut HMap<K, V, S>,
    walk: Walk,
}

impl<K, V, S> HMap<K, V, S> {
    /// A walk through all entries, during which the map may change. The order is random.
    ///
    /// ```
    /// let mut map: gompa_hmap::HMap<u32, u32> = (0..100).map(|n| (n, n)).collect();
    /// let mut cursor = map.cursor();
    /// while let Some((key, _)) = cursor.next() {
    ///     let key = *key;
    ///     cursor.remove(&(key ^ 1)); // the other of a pair, if it is still there
    ///     cursor.insert(key + 1000, 0);
    ///     cursor.remove(&(key + 1000));
    /// }
    /// assert_eq!(map.len(), 50);
    /// ```
    pub fn cursor(&mut self) -> Cursor<'_, K, V, S> {
        self.cursor_from(self.header.random())
    }

    /// A walk whose low bits say in which bucket it begins, and the three above them in which cell.
    #[doc(hidden)]
    pub fn cursor_from(&mut self, random: u64) -> Cursor<'_, K, V, S> {
        let walk = Walk::new(&self.header, random);
        Cursor { map: self, walk }
    }
}

impl<K, V, S> Cursor<'_, K, V, S> {
    /// The next entry, `None` when all have been met.
    #[allow(clippy::should_implement_trait)] // lends from itself, which `Iterator` cannot
    pub fn next(&mut self) -> Option<(&K, &mut V)> {
        let at = self.walk.next(&self.map.header)?;
        let (key, value) = self.map.header.at_mut(at)?;
        Some((key, value))
    }

    /// As [`HMap::clear`]. What is inserted afterwards may still be met.
    pub fn clear(&mut self) {
        self.walk.forget();
        self.map.clear();
    }

    /// How many entries there are now.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> Cursor<'_, K, V, S> {
    /// The value of a key, as [`HMap::get`].
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.map.get(key)
    }

    /// As [`HMap::insert`].
    ///
    /// # Panics
    /// `assignment to entry in nil map` on a nil map.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let Cursor { map, walk } = self;
        map.renew_if_stale();
        let hash = map.hasher.hash_one(&key);
        let rehash = |key: &K| map.hasher.hash_one(key);
        match map.header.slot(hash, |k| *k == key, &rehash, Some(walk)) {
            Slot::Found(at) => {
                let (_, old) = map.header.at_mut(at)?;
                let old = mem::replace(old, value);
                drop(key);
                Some(old)
            }
            Slot::Vacant(vacancy) => {
                let at = map.header.room(vacancy, hash, &rehash, Some(walk));
                map.header.fill(at, hash, (key, value));
                None
            }
        }
    }

    /// As [`HMap::remove`].
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let Cursor { map, walk } = self;
        let hash = map.hasher.hash_one(key);
        let rehash = |key: &K| map.hasher.hash_one(key);
        let is = |k: &K| key == k.borrow();
        let (key, value) = map.header.remove(hash, is, &rehash, Some(walk))?;
        drop(key);
        if map.is_empty() {
            map.renew();
        }
        Some(value)
    }
}

impl<K, V, S> Debug for Cursor<'_, K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cursor")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
