//! The traits that std's map has.

use super::HMap;
use crate::header::Header;
use std::fmt::{self, Debug};
use std::hash::{BuildHasher, Hash};
use std::panic::UnwindSafe;

impl<K, V, S: Default> Default for HMap<K, V, S> {
    /// An empty map. Its hasher is made anew when it has become empty again.
    fn default() -> Self {
        HMap {
            header: Header::new(),
            hasher: S::default(),
            reseed: Some(|hasher| *hasher = S::default()),
        }
    }
}

impl<K: Clone, V: Clone, S: Clone> Clone for HMap<K, V, S> {
    /// A copy, bucket by bucket: nothing is hashed, and what was growing goes on in both.
    fn clone(&self) -> Self {
        HMap {
            header: self
                .header
                .clone_with(|(key, value)| (key.clone(), value.clone())),
            hasher: self.hasher.clone(),
            reseed: self.reseed,
        }
    }
}

impl<K: Debug, V: Debug, S> Debug for HMap<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<K: Eq + Hash, V: PartialEq, S: BuildHasher> PartialEq for HMap<K, V, S> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .all(|(key, value)| other.get(key).is_some_and(|v| value == v))
    }
}

impl<K: Eq + Hash, V: Eq, S: BuildHasher> Eq for HMap<K, V, S> {}

impl<K: Eq + Hash, V, S: BuildHasher> Extend<(K, V)> for HMap<K, V, S> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, iter: I) {
        let iter = iter.into_iter();
        // Half of them may be there already.
        let least = iter.size_hint().0;
        let expected = if self.is_empty() {
            least
        } else {
            least.div_ceil(2)
        };
        // It is a guess: what cannot be had is not needed yet.
        let _ = self.header.reserve(expected, false);
        iter.for_each(|(key, value)| {
            self.insert(key, value);
        });
    }
}

impl<'a, K: Eq + Hash + Copy, V: Copy, S: BuildHasher> Extend<(&'a K, &'a V)> for HMap<K, V, S> {
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, iter: I) {
        self.extend(iter.into_iter().map(|(key, value)| (*key, *value)));
    }
}

impl<K: Eq + Hash, V, S: BuildHasher + Default> FromIterator<(K, V)> for HMap<K, V, S> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut map = HMap::default();
        map.extend(iter);
        map
    }
}

impl<K: Eq + Hash, V, const N: usize> From<[(K, V); N]> for HMap<K, V> {
    fn from(pairs: [(K, V); N]) -> Self {
        HMap::from_iter(pairs)
    }
}

// As std's: what a panic leaves behind is a whole map.
impl<K: UnwindSafe, V: UnwindSafe, S: UnwindSafe> UnwindSafe for HMap<K, V, S> {}
