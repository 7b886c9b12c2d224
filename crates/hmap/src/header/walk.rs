//! Iteration while the map changes.
//!
//! A walk takes the hashes' low bits in turn, `2^bits` of them, from a random one on and around. For
//! each it collects where the entries with these low bits are, and then gives out one after another.
//! Between two of them entries may be inserted, removed and moved; the map tells the walk what becomes
//! of the places it has collected. So every entry is met once, if it was there all the time: it is
//! collected with its low bits, wherever it is then, and followed from there.
//!
//! `bits` are those of the smaller table when the walk begins. Growing gives each turn more chains.
//! Shrinking would mix what has been met with what has not, and so does not begin while somebody
//! walks; what has begun goes on, to no fewer than `2^bits` buckets.
//!
//! In Go the iterator stays with the old table, where keys remain as they were when they moved, and
//! looks for these in the new one. That cannot be done here: a key that has moved must not be shown
//! to its `Hash` and `Eq`, for it may own what has meanwhile been freed.

use super::Header;
use super::find::At;
use crate::raw::{Place, Table};
use crate::word::CELLS;

/// Where a walk is.
pub struct Walk {
    bits: u32,
    /// The low bits that come next.
    turn: usize,
    /// How many turns are left.
    turns: usize,
    /// The cell that each bucket begins with.
    offset: usize,
    /// What has been collected and not been met; the next one last.
    pending: Vec<(u64, Place)>,
}

impl Walk {
    /// A walk through all of the map, which begins where `random` says.
    pub fn new<K, V>(header: &Header<K, V>, random: u64) -> Self {
        let bits = header
            .old
            .as_ref()
            .map_or(u32::MAX, |old| old.table.bits())
            .min(header.table.bits());
        let turns = if header.len() == 0 { 0 } else { 1 << bits };
        Walk {
            bits,
            turn: random as usize & ((1 << bits) - 1),
            turns,
            offset: (random >> bits) as usize % CELLS,
            pending: Vec::new(),
        }
    }

    /// The next entry.
    pub fn next<K, V>(&mut self, header: &Header<K, V>) -> Option<At> {
        loop {
            while let Some((epoch, place)) = self.pending.pop() {
                let at = At {
                    age: (header.epoch - epoch) as usize,
                    place,
                };
                if header.at(at).is_some() {
                    return Some(at);
                }
            }
            if self.turns == 0 {
                return None;
            }
            self.collect(header);
        }
    }

    fn collect<K, V>(&mut self, header: &Header<K, V>) {
        if let Some(old) = &header.old {
            self.collect_from(&old.table, header.epoch - 1);
        }
        self.collect_from(&header.table, header.epoch);
        self.pending.reverse();
        self.turns -= 1;
        self.turn = (self.turn + 1) & ((1 << self.bits) - 1);
    }

    fn collect_from<K, V>(&mut self, table: &Table<K, V>, epoch: u64) {
        for home in (self.turn..table.buckets()).step_by(1 << self.bits) {
            let mut bucket = home;
            loop {
                let cells = table.word(bucket).occupied().rotated(self.offset);
                self.pending.extend(cells.map(|cell| {
                    let cell = (cell + self.offset) % CELLS;
                    (epoch, Place { bucket, cell })
                }));
                match table.next(bucket) {
                    Some(next) => bucket = next,
                    None => break,
                }
            }
        }
    }

    /// All entries are gone.
    pub fn forget(&mut self) {
        self.pending.clear();
    }

    /// An entry has moved to the table of this epoch, from the one before.
    pub(super) fn moved(&mut self, epoch: u64, from: Place, to: Place) {
        for pending in &mut self.pending {
            if *pending == (epoch - 1, from) {
                *pending = (epoch, to);
            }
        }
    }

    /// An entry is no longer there.
    pub(super) fn removed(&mut self, epoch: u64, place: Place) {
        self.pending.retain(|pending| *pending != (epoch, place));
    }
}
