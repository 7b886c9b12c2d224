//! Inserting an entry.

use super::find::At;
use super::{Header, Walk, sizing};
use crate::raw::{Place, Probe, Table};
use crate::word::tophash;

/// The answer to whether there is an entry for a key.
pub enum Slot {
    /// There is, in this cell.
    Found(At),
    /// There is none; it would go here.
    Vacant(Vacancy),
}

/// Where a new entry would go, as long as nothing is inserted or removed.
#[derive(Clone, Copy)]
pub struct Vacancy {
    /// The first free cell of its chain.
    free: Option<At>,
}

impl Slot {
    #[inline]
    fn of(age: usize, probe: Probe) -> Self {
        match probe {
            Probe::Found(place) => Slot::Found(At { age, place }),
            Probe::Free(place) => Slot::Vacant(Vacancy {
                free: Some(At { age, place }),
            }),
            Probe::Full => Slot::Vacant(Vacancy { free: None }),
        }
    }
}

impl<K, V> Header<K, V> {
    /// Looks for an entry in order to change it or insert it: if the map grows, this goes on with it.
    #[inline]
    pub fn slot(
        &mut self,
        hash: u64,
        is: impl FnMut(&K) -> bool,
        rehash: &impl Fn(&K) -> u64,
        walk: Option<&mut Walk>,
    ) -> Slot {
        if self.old.is_some() {
            return self.slot_while_growing(hash, is, rehash, walk);
        }
        Slot::of(0, self.table.probe(hash, is))
    }

    #[cold]
    #[inline(never)]
    fn slot_while_growing(
        &mut self,
        hash: u64,
        is: impl FnMut(&K) -> bool,
        rehash: &impl Fn(&K) -> u64,
        walk: Option<&mut Walk>,
    ) -> Slot {
        self.prefetch(hash);
        self.grow_work(hash, rehash, walk);
        let age = self.age_of(hash);
        match self.aged(age) {
            Some(table) => Slot::of(age, table.probe(hash, is)),
            None => Slot::Vacant(Vacancy { free: None }),
        }
    }

    /// The cell for a new entry of this hash, of which [`Header::slot`] has found the vacancy.
    #[inline]
    pub fn room(
        &mut self,
        vacancy: Vacancy,
        hash: u64,
        rehash: &impl Fn(&K) -> u64,
        walk: Option<&mut Walk>,
    ) -> At {
        match vacancy.free {
            Some(at) if self.count < self.limit => at,
            _ => self.make_room(hash, rehash, walk),
        }
    }

    /// Looks for an entry where there is nothing else to do: one table, a chain of one bucket, and if
    /// there is no entry, room for a new one.
    #[inline]
    pub fn quick_slot(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<Probe> {
        if !self.plain {
            return None;
        }
        let probe = self.table.probe_home(hash, is)?;
        (self.count < self.limit || matches!(probe, Probe::Found(_))).then_some(probe)
    }

    /// Puts a new entry in the cell that [`Header::quick_slot`] has found for it.
    #[inline]
    pub fn quick_fill(&mut self, place: Place, hash: u64, pair: (K, V)) {
        self.table.put(place, tophash(hash), pair);
        self.count += 1;
    }

    /// Puts a new entry in the cell that [`Header::room`] has found for it.
    #[inline]
    pub fn fill(&mut self, at: At, hash: u64, pair: (K, V)) {
        let table = match at.age {
            0 => &mut self.table,
            _ => self.aged_mut(1).expect("there is such a table"),
        };
        table.put(at.place, tophash(hash), pair);
        self.count += 1;
    }

    /// A free cell for a new entry of this hash, after growth has begun if it was due.
    #[cold]
    #[inline(never)]
    fn make_room(&mut self, hash: u64, rehash: &impl Fn(&K) -> u64, walk: Option<&mut Walk>) -> At {
        assert!(!self.nil, "assignment to entry in nil map");
        self.release_remains();
        let epoch = self.epoch;
        if self.goal.is_some() {
            self.settle_size(walk.is_some());
        }
        if !self.table.is_allocated() {
            self.table = Table::with_bits(0).unwrap_or_else(|error| error.stop());
            self.rearm();
        } else if self.old.is_none() {
            let bits = self.table.bits();
            if sizing::over_load(self.count + 1, bits) {
                self.start(bits + 1);
            } else if sizing::too_many_overflow(self.noverflow, bits) {
                self.start(bits);
            }
        }
        if self.epoch != epoch {
            self.grow_work(hash, rehash, walk);
        }
        let age = self.age_of(hash);
        let table = self.aged_mut(age).expect("there is such a table");
        let home = table.home(hash);
        if let Some(place) = table.vacancy(home) {
            return At { age, place };
        }
        let place = table.extend_chain(home);
        if age == 0 {
            self.count_overflow();
            self.rearm();
        }
        At { age, place }
    }

    /// Another overflow bucket is made.
    pub(super) fn count_overflow(&mut self) {
        let bits = self.table.bits();
        let sampled = bits < 16 || self.random() & ((1 << (bits - 15)) - 1) == 0;
        self.noverflow += usize::from(sampled);
    }
}
