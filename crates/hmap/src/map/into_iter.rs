//! Iterators that own what was the map's.

use super::HMap;
use super::iter::Iter;
use crate::header::Header;
use crate::raw::Place;
use std::fmt::{self, Debug};
use std::iter::FusedIterator;

/// The entries of a map that is no more; made by its `into_iter`.
pub struct IntoIter<K, V> {
    header: Header<K, V>,
    /// In the table of this age the buckets before this one have been emptied.
    age: usize,
    bucket: usize,
}

/// The keys of a map that is no more; made by [`HMap::into_keys`].
pub struct IntoKeys<K, V>(IntoIter<K, V>);

/// The values of a map that is no more; made by [`HMap::into_values`].
pub struct IntoValues<K, V>(IntoIter<K, V>);

impl<K, V> IntoIter<K, V> {
    pub(super) fn new(header: Header<K, V>) -> Self {
        IntoIter {
            header,
            age: 0,
            bucket: 0,
        }
    }

    /// What is left, shared.
    pub(super) fn rest(&self) -> Iter<'_, K, V> {
        Iter::of(&self.header)
    }

    /// Drops what is left; the map, which is empty then, but has its buckets.
    pub(super) fn finish(&mut self) -> Header<K, V> {
        let mut header = std::mem::replace(&mut self.header, Header::new());
        header.clear();
        header
    }
}

impl<K, V> Iterator for IntoIter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        if self.header.len() == 0 {
            return None;
        }
        loop {
            let table = match self.age {
                0 => &mut self.header.table,
                _ => &mut self.header.old.as_mut()?.table,
            };
            if self.bucket == table.in_use() {
                if self.age > 0 {
                    return None;
                }
                (self.age, self.bucket) = (1, 0);
                continue;
            }
            let bucket = self.bucket;
            if let Some(cell) = table.word(bucket).occupied().first() {
                let pair = table.take_only(Place { bucket, cell });
                self.header.forget_one();
                return Some(pair);
            }
            self.bucket += 1;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.header.len(), Some(self.header.len()))
    }
}

impl<K, V, S> HMap<K, V, S> {
    /// The keys, in no particular order; the rest is dropped.
    pub fn into_keys(self) -> IntoKeys<K, V> {
        IntoKeys(self.into_iter())
    }

    /// The values, in no particular order; the rest is dropped.
    pub fn into_values(self) -> IntoValues<K, V> {
        IntoValues(self.into_iter())
    }
}

impl<K, V, S> IntoIterator for HMap<K, V, S> {
    type Item = (K, V);
    type IntoIter = IntoIter<K, V>;

    fn into_iter(self) -> IntoIter<K, V> {
        IntoIter::new(self.header)
    }
}

impl<K, V> Iterator for IntoKeys<K, V> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        let (key, value) = self.0.next()?;
        drop(value);
        Some(key)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> Iterator for IntoValues<K, V> {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        let (key, value) = self.0.next()?;
        drop(key);
        Some(value)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> ExactSizeIterator for IntoIter<K, V> {}
impl<K, V> FusedIterator for IntoIter<K, V> {}
impl<K, V> ExactSizeIterator for IntoKeys<K, V> {}
impl<K, V> FusedIterator for IntoKeys<K, V> {}
impl<K, V> ExactSizeIterator for IntoValues<K, V> {}
impl<K, V> FusedIterator for IntoValues<K, V> {}

impl<K, V> Default for IntoIter<K, V> {
    fn default() -> Self {
        IntoIter::new(Header::new())
    }
}

impl<K, V> Default for IntoKeys<K, V> {
    fn default() -> Self {
        IntoKeys(IntoIter::default())
    }
}

impl<K, V> Default for IntoValues<K, V> {
    fn default() -> Self {
        IntoValues(IntoIter::default())
    }
}

impl<K: Debug, V: Debug> Debug for IntoIter<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rest()).finish()
    }
}

impl<K: Debug, V> Debug for IntoKeys<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.0.rest().map(|(key, _)| key);
        f.debug_list().entries(keys).finish()
    }
}

impl<K, V: Debug> Debug for IntoValues<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.0.rest().map(|(_, value)| value);
        f.debug_list().entries(values).finish()
    }
}
