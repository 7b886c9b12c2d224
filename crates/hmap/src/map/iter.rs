//! Iterators that borrow the map.

use super::HMap;
use crate::header::Header;
use crate::raw::{Sweep, SweepMut};
use std::fmt::{self, Debug};
use std::iter::FusedIterator;

/// The entries of a map; made by [`HMap::iter`].
pub struct Iter<'a, K, V>(Sweep<'a, K, V>);

/// The entries of a map, values to change; made by [`HMap::iter_mut`].
pub struct IterMut<'a, K, V>(SweepMut<'a, K, V>);

/// The keys of a map; made by [`HMap::keys`].
pub struct Keys<'a, K, V>(Iter<'a, K, V>);

/// The values of a map; made by [`HMap::values`].
pub struct Values<'a, K, V>(Iter<'a, K, V>);

/// The values of a map, to change; made by [`HMap::values_mut`].
pub struct ValuesMut<'a, K, V>(IterMut<'a, K, V>);

impl<K, V, S> HMap<K, V, S> {
    /// All entries. Where it begins is random, as in Go: do not rely on an order.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter(self.header.sweep())
    }

    /// All entries, values to change.
    pub fn iter_mut(&mut self) -> IterMut<'_, K, V> {
        IterMut(self.header.sweep_mut())
    }

    /// All keys.
    pub fn keys(&self) -> Keys<'_, K, V> {
        Keys(self.iter())
    }

    /// All values.
    pub fn values(&self) -> Values<'_, K, V> {
        Values(self.iter())
    }

    /// All values, to change.
    pub fn values_mut(&mut self) -> ValuesMut<'_, K, V> {
        ValuesMut(self.iter_mut())
    }
}

impl<'a, K, V> Iter<'a, K, V> {
    pub(super) fn of(header: &'a Header<K, V>) -> Self {
        Iter(header.sweep())
    }
}

impl<'a, K, V> IterMut<'a, K, V> {
    /// What is left, shared.
    pub(super) fn rest(&self) -> Iter<'_, K, V> {
        Iter(self.0.rest())
    }
}

impl<'a, K, V, S> IntoIterator for &'a HMap<K, V, S> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

impl<'a, K, V, S> IntoIterator for &'a mut HMap<K, V, S> {
    type Item = (&'a K, &'a mut V);
    type IntoIter = IterMut<'a, K, V>;

    fn into_iter(self) -> IterMut<'a, K, V> {
        self.iter_mut()
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a V)> {
        let (key, value) = self.0.next()?;
        Some((key, value))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left(), Some(self.0.left()))
    }
}

impl<'a, K, V> Iterator for IterMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a mut V)> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.left(), Some(self.0.left()))
    }
}

/// An iterator that gives a part of what another gives.
macro_rules! part {
    ($name:ident, $item:ty, $pick:expr) => {
        impl<'a, K, V> Iterator for $name<'a, K, V> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                self.0.next().map($pick)
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }
        }
    };
}

part!(Keys, &'a K, |(key, _)| key);
part!(Values, &'a V, |(_, value)| value);
part!(ValuesMut, &'a mut V, |(_, value)| value);

macro_rules! ends {
    ($($name:ident)+) => {$(
        impl<K, V> ExactSizeIterator for $name<'_, K, V> {}
        impl<K, V> FusedIterator for $name<'_, K, V> {}
    )+};
}

ends!(Iter IterMut Keys Values ValuesMut);

impl<K, V> Clone for Iter<'_, K, V> {
    fn clone(&self) -> Self {
        Iter(self.0.clone())
    }
}

impl<K, V> Clone for Keys<'_, K, V> {
    fn clone(&self) -> Self {
        Keys(self.0.clone())
    }
}

impl<K, V> Clone for Values<'_, K, V> {
    fn clone(&self) -> Self {
        Values(self.0.clone())
    }
}

impl<K, V> Default for Iter<'_, K, V> {
    fn default() -> Self {
        Iter(Sweep::empty())
    }
}

impl<K, V> Default for IterMut<'_, K, V> {
    fn default() -> Self {
        IterMut(SweepMut::empty())
    }
}

impl<K, V> Default for Keys<'_, K, V> {
    fn default() -> Self {
        Keys(Iter::default())
    }
}

impl<K, V> Default for Values<'_, K, V> {
    fn default() -> Self {
        Values(Iter::default())
    }
}

impl<K, V> Default for ValuesMut<'_, K, V> {
    fn default() -> Self {
        ValuesMut(IterMut::default())
    }
}

impl<K: Debug, V: Debug> Debug for Iter<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<K: Debug, V: Debug> Debug for IterMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.rest()).finish()
    }
}

impl<K: Debug, V> Debug for Keys<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<K, V: Debug> Debug for Values<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<K, V: Debug> Debug for ValuesMut<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.0.rest().map(|(_, value)| value);
        f.debug_list().entries(values).finish()
    }
}
