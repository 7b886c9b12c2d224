//! Inserting and removing.

use super::{Drain, ExtractIf, HMap};
use crate::header::Slot;
use crate::raw::Probe;
use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::mem;

impl<K: Eq + Hash, V, S: BuildHasher> HMap<K, V, S> {
    /// Sets the value of a key; the value it had, if it was there. Then the key that was there stays.
    ///
    /// # Panics
    /// `assignment to entry in nil map` on a nil map.
    #[inline]
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let hash = self.hasher.hash_one(&key);
        match self.header.quick_slot(hash, |k| *k == key) {
            Some(Probe::Free(place)) => {
                self.header.quick_fill(place, hash, (key, value));
                None
            }
            Some(Probe::Found(place)) => {
                let (_, old) = self.header.table.pair_mut(place)?;
                let old = mem::replace(old, value);
                // Here, not on return: should it panic, `old` is dropped, not leaked.
                drop(key);
                Some(old)
            }
            Some(Probe::Full) | None => self.insert_with_growth(hash, key, value),
        }
    }

    #[cold]
    #[inline(never)]
    fn insert_with_growth(&mut self, hash: u64, key: K, value: V) -> Option<V> {
        let hash = match self.renew_if_stale() {
            true => self.hasher.hash_one(&key),
            false => hash,
        };
        let rehash = |key: &K| self.hasher.hash_one(key);
        match self.header.slot(hash, |k| *k == key, &rehash, None) {
            Slot::Found(at) => {
                let (_, old) = self.header.at_mut(at)?;
                let old = mem::replace(old, value);
                drop(key);
                Some(old)
            }
            Slot::Vacant(vacancy) => {
                let at = self.header.room(vacancy, hash, &rehash, None);
                self.header.fill(at, hash, (key, value));
                None
            }
        }
    }

    /// Removes a key; its value.
    #[inline]
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (key, value) = self.remove_entry(key)?;
        // Here, not on return: should it panic, `value` is dropped, not leaked.
        drop(key);
        Some(value)
    }

    /// Removes a key; it and its value.
    #[inline]
    pub fn remove_entry<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<(K, V)>
    where
        K: Borrow<Q>,
    {
        if self.is_empty() {
            return None;
        }
        let hash = self.hasher.hash_one(key);
        let rehash = |key: &K| self.hasher.hash_one(key);
        let pair = self
            .header
            .remove(hash, |k| key == k.borrow(), &rehash, None)?;
        if self.is_empty() {
            self.renew();
        }
        Some(pair)
    }
}

impl<K, V, S> HMap<K, V, S> {
    /// Keeps the entries for which `keep` is true. What it is shown in is no particular order.
    pub fn retain(&mut self, keep: impl FnMut(&K, &mut V) -> bool) {
        self.header.retain(keep);
        if self.is_empty() {
            self.renew();
        }
    }

    /// Removes all entries and gives them out; keeps the buckets. What is not taken is dropped with
    /// the iterator. If that is leaked, so are the entries that were left, and the buckets.
    pub fn drain(&mut self) -> Drain<'_, K, V> {
        Drain::new(&mut self.header)
    }

    /// Removes the entries for which `take` is true and gives them out, as they are asked for.
    pub fn extract_if<F: FnMut(&K, &mut V) -> bool>(&mut self, take: F) -> ExtractIf<'_, K, V, F> {
        ExtractIf::new(&mut self.header, take)
    }
}
