//! Growing and shrinking: when it begins, how it goes on, when it ends.

use super::{Header, Kind, Old, Walk, sizing};
use crate::hooks;
use crate::raw::{NoMemory, Table};

/// Shrinking, a write goes on until it has moved so many entries, or looked at so many old chains.
const SHRINK_MOVES: usize = 8;
const SHRINK_LOOKS: usize = 64;

/// From so many bits on the old table is evacuated in turn only.
const IN_TURN: u32 = 15;

/// How far before it is evacuated a unit is fetched: some writes, which take longer than memory does.
const AHEAD: usize = 8;

/// The memory of a smaller table is given back at once.
const AT_ONCE: usize = 1 << 20;

impl<K, V> Header<K, V> {
    /// Says anew from when on insertions and removals have more to do than their own work.
    pub(super) fn rearm(&mut self) {
        let bits = self.table.bits();
        self.plain = self.old.is_none() && self.table.is_allocated() && !self.stale;
        (self.limit, self.floor) = if !self.table.is_allocated() {
            (0, 1)
        } else if self.old.is_some() {
            (usize::MAX, 0)
        } else if !self.remains.is_empty() || self.goal.is_some() {
            (0, usize::MAX)
        } else {
            let limit = match sizing::too_many_overflow(self.noverflow, bits) {
                true => 0,
                false => sizing::limit(bits),
            };
            let floor = match self.promised < bits {
                true => sizing::shrink_below(bits),
                false => 0,
            };
            (limit, floor)
        };
    }

    /// Begins to grow; to as many buckets, if `bits` are those of the table.
    pub(super) fn start(&mut self, bits: u32) {
        self.try_start(bits).unwrap_or_else(|error| error.stop());
    }

    /// Makes the current table the old one, and a new one of `2^bits` buckets.
    fn try_start(&mut self, bits: u32) -> Result<(), NoMemory> {
        debug_assert!(self.old.is_none());
        let kind = match bits.cmp(&self.table.bits()) {
            std::cmp::Ordering::Greater => Kind::Grow,
            std::cmp::Ordering::Equal => Kind::SameSize,
            std::cmp::Ordering::Less => Kind::Shrink,
        };
        let table = Table::with_bits(bits)?;
        if bits.max(self.table.bits()) >= hooks::TOLD {
            hooks::tell(self.table.buckets(), table.buckets());
        }
        let in_turn = kind == Kind::Shrink || self.table.bits() >= IN_TURN;
        self.old = Some(Box::new(Old {
            table: std::mem::replace(&mut self.table, table),
            evacuated: 0,
            in_turn,
            kind,
        }));
        self.noverflow = 0;
        self.epoch += 1;
        self.rearm();
        Ok(())
    }

    /// The part of a write that goes on with growing or shrinking. A small map that grows evacuates
    /// the unit of the write, and the one at the mark, as Go does. A large one goes on at the mark
    /// only, two units at a time, and writes to where the unit is: to evacuate out of turn would fetch
    /// some ten lines of memory that are in no cache.
    #[cold]
    #[inline(never)]
    pub(super) fn grow_work(
        &mut self,
        hash: u64,
        rehash: &impl Fn(&K) -> u64,
        mut walk: Option<&mut Walk>,
    ) {
        self.release_remains();
        let Some(old) = &self.old else { return };
        if old.kind == Kind::Shrink {
            return self.shrink_work(walk);
        }
        let first = match old.in_turn {
            true => old.evacuated,
            false => old.unit(hash, &self.table),
        };
        if old.in_turn {
            for unit in (old.evacuated + AHEAD..).take(2) {
                old.table.prefetch_next(unit - AHEAD / 2);
                old.table.prefetch(unit as u64);
                self.table.prefetch(unit as u64);
                self.table.prefetch((unit + old.table.buckets()) as u64);
            }
        }
        self.evacuate(first, rehash, walk.as_deref_mut());
        // The end of one growth may have been the beginning of what had been asked for meanwhile.
        if let Some(old) = self.old.as_ref().filter(|old| old.kind != Kind::Shrink) {
            let next = old.evacuated;
            self.evacuate(next, rehash, walk);
        }
    }

    /// Goes on shrinking. No hash is needed: what is in an old chain goes to the one new chain.
    pub(super) fn shrink_work(&mut self, mut walk: Option<&mut Walk>) {
        let (mut moved, mut looked) = (0, 0);
        while moved < SHRINK_MOVES && looked < SHRINK_LOOKS {
            // The end of shrinking may have been the beginning of growth.
            let Some(old) = self.old.as_ref().filter(|old| old.kind == Kind::Shrink) else {
                return;
            };
            let (unit, units) = (old.evacuated, self.table.buckets());
            looked += old.table.buckets() / units;
            for home in (unit + 2 * AHEAD..old.table.buckets()).step_by(units) {
                old.table.prefetch_held(home);
            }
            moved += self.evacuate(unit, &|_| 0, walk.as_deref_mut());
        }
    }

    /// The last unit has been evacuated.
    pub(super) fn finish(&mut self, walked: bool) {
        let Some(old) = self.old.take() else { return };
        self.mark = old.evacuated;
        self.retire(old.table);
        if let Some(goal) = self.goal.take_if(|goal| *goal > self.table.bits()) {
            // More was asked for meanwhile. If there is no memory, then not.
            let _ = self.try_start(goal);
        }
        self.settle_size(walked);
    }

    /// Gives back the memory of a table whose entries are gone: at once, or little by little.
    fn retire(&mut self, table: Table<K, V>) {
        let remains = table.into_remains();
        if remains.bytes() >= AT_ONCE {
            self.remains.push(remains);
        }
    }

    /// If the map is at rest and has too many buckets, it begins to shrink; not while somebody walks.
    pub(super) fn settle_size(&mut self, walked: bool) {
        let bits = self.table.bits();
        if self.old.is_none() && !walked {
            if let Some(goal) = self.goal.take() {
                self.shrink_towards(goal);
            } else if self.promised < bits && self.count < sizing::shrink_below(bits) {
                self.shrink_towards(self.promised.max(bits - sizing::SHRINK_BITS));
            }
        }
        self.rearm();
    }

    /// Gives back a slice of the memory of tables that are no longer needed.
    pub(super) fn release_remains(&mut self) {
        if let Some(remains) = self.remains.last_mut()
            && remains.release()
        {
            self.remains.pop();
            if self.remains.is_empty() {
                self.rearm();
            }
        }
    }

    /// Makes room for `additional` more entries; the map grows to it little by little.
    pub fn reserve(&mut self, additional: usize, promise: bool) -> Result<(), NoMemory> {
        let wanted = self.count.checked_add(additional).ok_or(NoMemory::Size)?;
        let bits = sizing::checked_bits_for(wanted).ok_or(NoMemory::Size)?;
        if self.nil {
            return Ok(());
        }
        if promise && additional > 0 {
            self.hinted = true;
        }
        if self.goal.is_some_and(|goal| goal < bits) {
            self.goal = None;
        }
        if self.old.is_some() {
            if bits > self.table.bits() && self.goal.is_none() {
                self.goal = Some(bits);
            }
        } else if bits > self.table.bits() {
            if self.count == 0 {
                self.table = Table::with_bits(bits)?;
                self.noverflow = 0;
                self.epoch += 1;
                self.rearm();
            } else {
                self.try_start(bits)?;
            }
        }
        if promise {
            self.promised = self.promised.max(bits);
        }
        self.rearm();
        Ok(())
    }

    /// Begins to shrink to what `min` entries, or those that there are, need.
    pub fn shrink_to(&mut self, min: usize) {
        let bits = sizing::bits_for(min.max(self.count));
        self.promised = self.promised.min(bits);
        if min == 0 {
            self.hinted = false;
        }
        if self.count == 0 && min == 0 {
            // Nothing to move: as new, but for memory that is to be given back.
            let table = std::mem::replace(&mut self.table, Table::unallocated());
            self.retire(table);
            if let Some(old) = self.old.take() {
                self.retire(old.table);
            }
            (self.noverflow, self.mark, self.goal) = (0, 0, None);
            self.epoch += 1;
            self.release_remains();
            self.rearm();
        } else if self.old.is_some() {
            self.goal = (bits < self.table.bits()).then_some(bits);
        } else {
            self.goal = Some(bits);
            self.settle_size(false);
        }
    }

    /// Begins the next step of the way down to `2^bits` buckets.
    fn shrink_towards(&mut self, bits: u32) {
        let bits = bits.max(sizing::bits_for(self.count));
        let now = self.table.bits();
        if bits >= now || !self.table.is_allocated() {
            return;
        }
        let step = bits.max(now.saturating_sub(sizing::SHRINK_BITS));
        // If there is no memory for a smaller table, the larger one stays.
        let _ = self.try_start(step);
        self.goal = (step > bits).then_some(bits);
    }
}
