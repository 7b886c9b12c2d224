//! Taking out what fulfils a condition.

use crate::header::{Chains, Header};
use std::fmt::{self, Debug};
use std::iter::FusedIterator;

/// The entries that fulfil a condition, taken out one by one; made by
/// [`HMap::extract_if`](super::HMap::extract_if). What it has not come to stays in the map.
pub struct ExtractIf<'a, K, V, F> {
    map: &'a mut Header<K, V>,
    chains: Chains,
    take: F,
}

impl<'a, K, V, F> ExtractIf<'a, K, V, F> {
    pub(super) fn new(map: &'a mut Header<K, V>, take: F) -> Self {
        map.hold();
        ExtractIf {
            map,
            chains: Chains::new(),
            take,
        }
    }
}

impl<K, V, F: FnMut(&K, &mut V) -> bool> Iterator for ExtractIf<'_, K, V, F> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        while let Some((at, home)) = self.chains.next(self.map) {
            if let Some((key, value)) = self.map.at_mut(at)
                && (self.take)(key, value)
            {
                return Some(self.map.take(at, home, None));
            }
        }
        None
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.map.len()))
    }
}

impl<K, V, F: FnMut(&K, &mut V) -> bool> FusedIterator for ExtractIf<'_, K, V, F> {}

impl<K, V, F> Drop for ExtractIf<'_, K, V, F> {
    fn drop(&mut self) {
        self.map.under_floor(false);
        self.map.stale_if_empty();
    }
}

impl<K, V, F> Debug for ExtractIf<'_, K, V, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExtractIf").finish_non_exhaustive()
    }
}
