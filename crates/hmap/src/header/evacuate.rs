//! Evacuation: the entries of a unit move to the new table.
//!
//! The only foreign code that runs is the keys' hashing, all of it before the first entry moves: if
//! it panics, nothing has happened.

use super::{Header, Kind, Walk};
use crate::raw::{Place, Table};
use crate::word::{CELLS, EVACUATED_EMPTY, EVACUATED_X, EVACUATED_Y};

/// How many units the mark may pass at once that have been evacuated out of turn.
const MARK_STEPS: usize = 1024;

impl<K, V> Header<K, V> {
    /// Evacuates a unit if it is not yet; moves the mark on if it stands there. Returns how many
    /// entries have moved.
    pub(super) fn evacuate(
        &mut self,
        unit: usize,
        rehash: &impl Fn(&K) -> u64,
        walk: Option<&mut Walk>,
    ) -> usize {
        let Some(old) = &self.old else { return 0 };
        let (mut moved, walked) = (0, walk.is_some());
        if !old.is_evacuated(unit) {
            moved = self.move_unit(unit, rehash, walk);
        }
        self.advance(unit, walked);
        moved
    }

    fn move_unit(
        &mut self,
        unit: usize,
        rehash: &impl Fn(&K) -> u64,
        mut walk: Option<&mut Walk>,
    ) -> usize {
        let Some(old) = self.old.as_mut() else {
            return 0;
        };
        let mut targets = Targets::new();
        if old.kind == Kind::Grow {
            let high = self.table.mask() & !old.table.mask();
            targets.find(&old.table, unit, high, rehash);
        }
        let (mut moved, mut added) = (0, 0);
        let units = old.table.buckets().min(self.table.buckets());
        for home in (unit..old.table.buckets()).step_by(units) {
            let mut bucket = home;
            let mut seen = 0;
            loop {
                let word = old.table.word(bucket);
                let occupied = word.occupied();
                for cell in 0..CELLS {
                    let from = Place { bucket, cell };
                    if occupied.0 >> (8 * cell) & 0x80 == 0 {
                        old.table.mark(from, EVACUATED_EMPTY);
                        continue;
                    }
                    let target = unit | targets.high(seen + cell);
                    let mark = if target == unit {
                        EVACUATED_X
                    } else {
                        EVACUATED_Y
                    };
                    let count = || added += 1;
                    let to = old
                        .table
                        .relocate(from, mark, &mut self.table, target, count);
                    moved += 1;
                    if let Some(walk) = walk.as_deref_mut() {
                        walk.moved(self.epoch, from, to);
                    }
                }
                seen += CELLS;
                match old.table.next(bucket) {
                    Some(next) => bucket = next,
                    None => break,
                }
            }
        }
        for _ in 0..added {
            self.count_overflow();
        }
        moved
    }

    /// If the mark stands at `unit` it moves on, over all that has been evacuated out of turn, but
    /// not too far at once. What lies behind it is given back to the system.
    fn advance(&mut self, unit: usize, walked: bool) {
        let Some(old) = self.old.as_mut() else { return };
        if unit != old.evacuated {
            return;
        }
        let units = old.table.buckets().min(self.table.buckets());
        let stop = units.min(unit + 1 + MARK_STEPS);
        old.evacuated += 1;
        while old.evacuated < stop && old.table.word(old.evacuated).evacuated() {
            old.evacuated += 1;
        }
        old.table.release_front(old.evacuated);
        if old.evacuated == units {
            self.finish(walked);
        }
    }
}

/// To which of the new chains each cell of an old one goes: the bits of its hash that choose among
/// them. They are found before anything moves.
struct Targets {
    first: [usize; CELLS],
    /// Of overflow buckets; most chains have none.
    rest: Vec<usize>,
}

impl Targets {
    fn new() -> Self {
        Targets {
            first: [0; CELLS],
            rest: Vec::new(),
        }
    }

    fn find<K, V>(
        &mut self,
        table: &Table<K, V>,
        home: usize,
        high: usize,
        rehash: &impl Fn(&K) -> u64,
    ) {
        let target = |place| match table.pair(place) {
            Some((key, _)) => rehash(key) as usize & high,
            None => 0,
        };
        for cell in table.word(home).occupied() {
            self.first[cell] = target(Place { bucket: home, cell });
        }
        let mut bucket = home;
        while let Some(next) = table.next(bucket) {
            bucket = next;
            self.rest
                .extend((0..CELLS).map(|cell| target(Place { bucket, cell })));
        }
    }

    /// Of the cell with this number in the chain.
    fn high(&self, cell: usize) -> usize {
        match self.first.get(cell) {
            Some(high) => *high,
            None => self.rest.get(cell - CELLS).copied().unwrap_or(0),
        }
    }
}
