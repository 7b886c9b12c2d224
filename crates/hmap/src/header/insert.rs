//! Inserting an entry.

use super::{Header, Walk, sizing};
use crate::raw::{Place, Probe, Table};
use crate::word::tophash;

/// The answer to whether there is an entry for a key.
pub enum Slot {
    /// There is, in this cell of the new table.
    Found(Place),
    /// There is none; it would go here.
    Vacant(Vacancy),
}

/// Where a new entry would go, as long as nothing is inserted or removed.
#[derive(Clone, Copy)]
pub struct Vacancy {
    /// The first free cell of its chain.
    free: Option<Place>,
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
            self.grow_work(hash, rehash, walk);
        }
        match self.table.probe(hash, is) {
            Probe::Found(place) => Slot::Found(place),
            Probe::Free(place) => Slot::Vacant(Vacancy { free: Some(place) }),
            Probe::Full => Slot::Vacant(Vacancy { free: None }),
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
    ) -> Place {
        match vacancy.free {
            Some(place) if self.count < self.limit => place,
            _ => self.make_room(hash, rehash, walk),
        }
    }

    /// Puts a new entry in the cell that [`Header::room`] has found for it.
    #[inline]
    pub fn fill(&mut self, place: Place, hash: u64, pair: (K, V)) -> &mut (K, V) {
        let pair = self.table.put(place, tophash(hash), pair);
        self.count += 1;
        pair
    }

    /// A free cell for a new entry of this hash, after growth has begun if it was due.
    #[cold]
    #[inline(never)]
    fn make_room(
        &mut self,
        hash: u64,
        rehash: &impl Fn(&K) -> u64,
        walk: Option<&mut Walk>,
    ) -> Place {
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
        let home = self.table.home(hash);
        match self.table.vacancy(home) {
            Some(place) => place,
            None => {
                self.count_overflow();
                let place = self.table.extend_chain(home);
                self.rearm();
                place
            }
        }
    }

    /// Another overflow bucket is made.
    pub(super) fn count_overflow(&mut self) {
        let bits = self.table.bits();
        let sampled = bits < 16 || self.random() & ((1 << (bits - 15)) - 1) == 0;
        self.noverflow += usize::from(sampled);
    }
}
