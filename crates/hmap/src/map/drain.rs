//! Draining.

use super::into_iter::IntoIter;
use crate::header::Header;
use std::fmt::{self, Debug};
use std::iter::FusedIterator;
use std::mem;

/// All entries of a map, which is left without any; made by [`HMap::drain`](super::HMap::drain).
pub struct Drain<'a, K, V> {
    /// Empty, without buckets, until we are dropped.
    map: &'a mut Header<K, V>,
    taken: IntoIter<K, V>,
}

impl<'a, K, V> Drain<'a, K, V> {
    pub(super) fn new(map: &'a mut Header<K, V>) -> Self {
        let nil = map.is_nil();
        let without = if nil { Header::nil() } else { Header::new() };
        let taken = IntoIter::new(mem::replace(map, without));
        Drain { map, taken }
    }
}

impl<K, V> Drop for Drain<'_, K, V> {
    fn drop(&mut self) {
        if self.map.is_nil() {
            return;
        }
        *self.map = self.taken.finish();
        self.map.stale_if_empty();
    }
}

impl<K, V> Iterator for Drain<'_, K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        self.taken.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.taken.size_hint()
    }
}

impl<K, V> ExactSizeIterator for Drain<'_, K, V> {}
impl<K, V> FusedIterator for Drain<'_, K, V> {}

impl<K: Debug, V: Debug> Debug for Drain<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.taken.fmt(f)
    }
}
