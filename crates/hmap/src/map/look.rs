//! Looking things up.

use super::HMap;
use crate::header::At;
use crate::raw;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::ops::Index;

impl<K: Eq + Hash, V, S: BuildHasher> HMap<K, V, S> {
    /// The value of a key.
    #[inline]
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// A key as it is in the map, and its value.
    #[inline]
    pub fn get_key_value<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        if !self.header.is_plain() {
            return self.get_unless_plain(key);
        }
        let hash = self.hasher.hash_one(key);
        let (key, value) = self.header.get_plain(hash, |k| key == k.borrow())?;
        Some((key, value))
    }

    #[cold]
    #[inline(never)]
    fn get_unless_plain<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
    {
        if self.is_empty() {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        let (key, value) = self.header.get(hash, |k| key == k.borrow())?;
        Some((key, value))
    }

    /// The value of a key, to change.
    #[inline]
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if self.is_empty() {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        let (_, value) = self.header.get_mut(hash, |k| key == k.borrow())?;
        Some(value)
    }

    /// Whether the key is there.
    #[inline]
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get_key_value(key).is_some()
    }

    /// The values of several keys at once, to change.
    ///
    /// # Panics
    /// If two of the keys are equal and present.
    pub fn get_disjoint_mut<Q: Hash + Eq + ?Sized, const N: usize>(
        &mut self,
        keys: [&Q; N],
    ) -> [Option<&mut V>; N]
    where
        K: Borrow<Q>,
    {
        let places = keys.map(|key| self.place_of(key).map(|at| (at.age, at.place)));
        raw::disjoint(self.header.tables_mut(), places).map(|pair| pair.map(|(_, value)| value))
    }

    /// The entry whose hash and key are told by the caller, as other maps' raw entries do: for keys
    /// that cannot be made by borrowing. `hash` must be what [`HMap::hasher`] makes of the key; a map that
    /// has become empty may hash otherwise from its next insertion on.
    ///
    /// ```
    /// use std::hash::BuildHasher;
    /// # let mut map = gompa_hmap::HMap::new();
    /// map.insert((1, "one".to_owned()), 'a');
    /// let hash = map.hasher().hash_one((1, "one"));
    /// let found = map.get_by_hash(hash, |(n, s)| *n == 1 && s == "one");
    /// assert_eq!(found.map(|(_, v)| *v), Some('a'));
    /// ```
    pub fn get_by_hash(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<(&K, &V)> {
        let (key, value) = self.header.get(hash, is)?;
        Some((key, value))
    }

    #[inline]
    fn place_of<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<At>
    where
        K: Borrow<Q>,
    {
        if self.is_empty() {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        self.header.find(hash, |k| key == k.borrow())
    }
}

impl<K, Q, V, S> Index<&Q> for HMap<K, V, S>
where
    K: Eq + Hash + Borrow<Q>,
    Q: Eq + Hash + ?Sized,
    S: BuildHasher,
{
    type Output = V;

    /// The value of a key.
    ///
    /// # Panics
    /// If the key is not there.
    #[inline]
    fn index(&self, key: &Q) -> &V {
        self.get(key).expect("no entry found for key")
    }
}
