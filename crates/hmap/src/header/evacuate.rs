//! Evacuation: the entries of a unit move to the new table.
//!
//! The only foreign code that runs is the keys' hashing, all of it before the first entry moves: if
//! it panics, nothing has happened.

use super::{Header, Kind, Walk};
use crate::raw::{Place, Table};
use crate::word::CELLS;

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
        let mut targets = Targets::all(unit);
        if old.kind == Kind::Grow {
            let high = self.table.mask() & !old.table.mask();
            targets.find(&old.table, unit, high, rehash);
        }
        let (mut moved, mut added) = (0, 0);
        let units = old.table.buckets().min(self.table.buckets());
        for home in (unit..old.table.buckets()).step_by(units) {
            let (mut bucket, mut nth) = (home, 0);
            // Shrinking, most chains are short, and need not be asked for the next bucket.
            let short = old.kind == Kind::Shrink && old.table.word(home).ends_chain();
            loop {
                let tell = |from, to| {
                    if let Some(walk) = walk.as_deref_mut() {
                        walk.moved(self.epoch, from, to);
                    }
                };
                let split = targets.high.filter(|_| nth == 0);
                if let Some(high) = split {
                    moved += old.table.split(bucket, &mut self.table, high, tell);
                } else {
                    let to = targets.of(nth);
                    let done = old.table.evacuate(bucket, &mut self.table, unit, to, tell);
                    (moved, added) = (moved + done.0, added + done.1);
                }
                match if short { None } else { old.table.next(bucket) } {
                    Some(next) => (bucket, nth) = (next, nth + 1),
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
        while !old.in_turn && old.evacuated < stop && old.table.word(old.evacuated).evacuated() {
            old.evacuated += 1;
        }
        old.table.release_front(old.evacuated);
        if old.evacuated == units {
            self.finish(walked);
        }
    }
}

/// To which of the new chains the cells of an old one go. It is found before anything moves.
struct Targets {
    unit: [usize; CELLS],
    /// When the table doubles: which cells of the first bucket go to the higher of two chains.
    high: Option<u64>,
    first: [usize; CELLS],
    /// Those of overflow buckets; most chains have none.
    rest: Vec<[usize; CELLS]>,
}

impl Targets {
    /// All to the same.
    fn all(unit: usize) -> Self {
        Targets {
            unit: [unit; CELLS],
            high: None,
            first: [unit; CELLS],
            rest: Vec::new(),
        }
    }

    /// Each to where the `high` bits of its hash say.
    fn find<K, V>(
        &mut self,
        table: &Table<K, V>,
        unit: usize,
        high: usize,
        rehash: &impl Fn(&K) -> u64,
    ) {
        let find = |bucket| {
            let mut targets = [unit; CELLS];
            for cell in table.word(bucket).occupied() {
                if let Some((key, _)) = table.pair(Place { bucket, cell }) {
                    targets[cell] |= rehash(key) as usize & high;
                }
            }
            targets
        };
        if high == table.buckets() {
            self.high = Some(table.sides(unit, table.bits(), rehash));
        } else {
            self.first = find(unit);
        }
        let mut bucket = unit;
        while let Some(next) = table.next(bucket) {
            bucket = next;
            self.rest.push(find(bucket));
        }
    }

    /// Of the bucket with this number in the chain.
    fn of(&self, nth: usize) -> &[usize; CELLS] {
        match nth {
            0 => &self.first,
            _ => self.rest.get(nth - 1).unwrap_or(&self.unit),
        }
    }
}
