//! Looking for an entry.

use super::{Header, Old};
use crate::raw::{Place, Table};

/// Where an entry is: the table's age (0 is the new one) and the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    pub age: usize,
    pub place: Place,
}

impl<K, V> Header<K, V> {
    /// The table that has the entries of this hash.
    #[inline]
    fn table_of(&self, hash: u64) -> &Table<K, V> {
        match &self.old {
            None => &self.table,
            Some(old) => self.table_while_growing(old, hash),
        }
    }

    #[cold]
    #[inline(never)]
    fn table_while_growing<'a>(&'a self, old: &'a Old<K, V>, hash: u64) -> &'a Table<K, V> {
        if old.is_evacuated(old.unit(hash, &self.table)) {
            &self.table
        } else {
            &old.table
        }
    }

    /// A write is going to go on with growth, and then to this hash: what it will find there is fetched
    /// meanwhile.
    #[inline]
    pub(super) fn prefetch(&self, hash: u64) {
        let Some(old) = &self.old else { return };
        match old.unit(hash, &self.table) < old.evacuated {
            true => self.table.prefetch(hash),
            false => old.table.prefetch(hash),
        }
    }

    /// Whether all entries are in one table. If not, there may be none.
    #[inline]
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// [`Header::get`] for a map that [is plain](Header::is_plain).
    #[inline]
    pub fn get_plain(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<&(K, V)> {
        self.table.get(hash, is)
    }

    /// The entry of this hash whose key `is` the one looked for.
    #[inline]
    pub fn get(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<&(K, V)> {
        self.table_of(hash).get(hash, is)
    }

    /// As [`Header::get`], to change.
    #[inline]
    pub fn get_mut(&mut self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<&mut (K, V)> {
        let table = match &mut self.old {
            None => &mut self.table,
            Some(old) if old.is_evacuated(old.unit(hash, &self.table)) => &mut self.table,
            Some(old) => &mut old.table,
        };
        table.get_mut(hash, is)
    }

    /// Where it is.
    #[inline]
    pub fn find(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<At> {
        let table = self.table_of(hash);
        let age = usize::from(!std::ptr::eq(table, &self.table));
        let place = table.find(hash, is)?;
        Some(At { age, place })
    }

    /// The age of the table that has the entries of this hash.
    #[inline]
    pub(super) fn age_of(&self, hash: u64) -> usize {
        usize::from(!std::ptr::eq(self.table_of(hash), &self.table))
    }

    /// The table of this age.
    #[inline]
    pub(super) fn aged(&self, age: usize) -> Option<&Table<K, V>> {
        match age {
            0 => Some(&self.table),
            _ => self.old.as_ref().map(|old| &old.table),
        }
    }

    #[inline]
    pub(super) fn aged_mut(&mut self, age: usize) -> Option<&mut Table<K, V>> {
        match age {
            0 => Some(&mut self.table),
            _ => self.old.as_mut().map(|old| &mut old.table),
        }
    }

    /// The entry there.
    #[inline]
    pub fn at(&self, at: At) -> Option<&(K, V)> {
        self.aged(at.age)?.pair(at.place)
    }

    /// The entry there, to change.
    #[inline]
    pub fn at_mut(&mut self, at: At) -> Option<&mut (K, V)> {
        self.aged_mut(at.age)?.pair_mut(at.place)
    }

    /// Both tables.
    pub fn tables_mut(&mut self) -> [Option<&mut Table<K, V>>; 2] {
        let old = self.old.as_mut().map(|old| &mut old.table);
        [Some(&mut self.table), old]
    }
}
