//! The map itself, without hasher and keys' traits: what Go calls hmap.
//!
//! # States
//! ```text
//!             first insertion             over the limit, or reserve
//! unallocated ---------------> at rest --------------------------------> growing
//!                              ^  |  ^       too many overflow buckets     |
//!                              |  |  +-------------------------------------+
//!                              |  |              last unit evacuated
//!                              |  |  far under the limit, or shrink_to
//!                              |  +----------------------------------> shrinking
//!                              +-----------------------------------------+
//! ```
//! While it grows or shrinks there are two tables. Those parts of them between which entries move
//! make a *unit*: an old chain and the new ones that its entries go to, or, shrinking, several old
//! chains and the new one. A unit is evacuated as a whole, or not at all: its entries are either
//! all in the old table or all in the new one, and that is where new ones go. Each insertion and each
//! removal evacuates a unit or two, and so comes to an end with it long before the next growth is due.
//! A small map evacuates the unit of the write out of turn, as Go does; a large one does not.
//!
//! # Rooms
//! - [`sizing`]: how many buckets for how many entries.
//! - [`find`], [`insert`], [`remove`]: one entry.
//! - [`grow`], [`evacuate`]: from one table to the next. The protocol is told in `README.md`.
//! - [`walk`]: iteration while the map changes.
//! - [`chains`]: all cells, chain by chain.

mod chains;
mod evacuate;
mod find;
mod grow;
mod insert;
mod remove;
pub mod sizing;
mod walk;

pub use chains::Chains;
pub use find::At;
pub use insert::Slot;
pub use walk::Walk;

use crate::raw::{Remains, Sweep, SweepMut, Table};
use crate::stats::Growth;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A map of unhashed keys: callers bring hashes, comparisons, and a way to hash again.
pub struct Header<K, V> {
    pub(super) count: usize,
    /// There is one table, and it has memory: what look-ups like best.
    plain: bool,
    /// A new entry may simply be put in while there are fewer than this: 0 if something else is to be
    /// done first, `usize::MAX` while the map grows. See [`Header::rearm`].
    limit: usize,
    /// Something is to be done when a removal leaves fewer than this.
    floor: usize,
    pub(crate) table: Table<K, V>,
    pub(crate) old: Option<Box<Old<K, V>>>,
    /// Overflow buckets made since the last growth began; from 2^16 buckets on a sample of them.
    noverflow: usize,
    /// Tables whose entries are gone, and whose memory is given back in slices.
    remains: Vec<Remains<K, V>>,
    /// Where the evacuation mark stood at the end of the last growth.
    mark: usize,
    /// How many growths have begun; names the tables in a [`Walk`].
    epoch: u64,
    /// The size to go to next, as was asked for while growing.
    goal: Option<u32>,
    /// The map does not shrink by itself below this, for it was asked for.
    promised: u32,
    /// Whether `promised` was asked for.
    pub(super) hinted: bool,
    pub(super) nil: bool,
    /// The last entry is gone, and the map's owner has not yet been told, who would hash otherwise then.
    /// Such a map is not plain.
    stale: bool,
    /// Where iteration begins, and which overflow buckets count. 0: not seeded yet.
    random: AtomicU64,
}

/// The table that is being evacuated.
pub struct Old<K, V> {
    pub table: Table<K, V>,
    /// Go's evacuation mark: all units before it are evacuated.
    pub evacuated: usize,
    /// No unit behind the mark is evacuated before its turn.
    in_turn: bool,
    kind: Kind,
}

/// Where the entries go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Each old chain to two new ones, or four, ...
    Grow,
    /// Each to one: what had many gaps has fewer.
    SameSize,
    /// Two or four to one.
    Shrink,
}

impl<K, V> Header<K, V> {
    /// A map that has no memory yet.
    pub const fn new() -> Self {
        Header {
            count: 0,
            plain: false,
            limit: 0,
            floor: 1,
            table: Table::unallocated(),
            old: None,
            noverflow: 0,
            mark: 0,
            remains: Vec::new(),
            epoch: 0,
            goal: None,
            promised: 0,
            hinted: false,
            nil: false,
            stale: false,
            random: AtomicU64::new(0),
        }
    }

    /// A map with room for `hint` entries; without, if there is no memory for so many.
    pub fn with_hint(hint: usize) -> Self {
        let mut header = Header::new();
        let bits = sizing::bits_for(hint);
        header.hinted = hint > 0;
        // As in Go the one bucket of a small map is made when it is needed.
        if bits > 0 {
            match Table::with_bits(bits) {
                Ok(table) => {
                    header.table = table;
                    header.promised = bits;
                    header.rearm();
                }
                Err(_) => header.hinted = false,
            }
        }
        header
    }

    /// The map on which nothing can be inserted.
    pub const fn nil() -> Self {
        let mut header = Header::new();
        header.nil = true;
        header
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.count
    }

    pub fn is_nil(&self) -> bool {
        self.nil
    }

    /// Whether the map has become empty without its owner's knowing.
    #[inline]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Says so if the map has become empty. One bucket has no collisions to choose.
    pub fn stale_if_empty(&mut self) {
        self.stale = self.count == 0 && self.table.bits() > 0;
        self.rearm();
    }

    /// The map's owner knows.
    pub fn freshen(&mut self) {
        self.stale = false;
        self.rearm();
    }

    /// How many entries fit without another growth, the one that is under way not counted.
    pub fn capacity(&self) -> usize {
        if !self.table.is_allocated() && !self.hinted {
            return 0;
        }
        sizing::limit(self.goal.unwrap_or(self.table.bits())).max(self.count)
    }

    /// Begins iteration at these numbers.
    pub fn seed(&mut self, seed: u64) {
        self.random = AtomicU64::new(seed | 1);
    }

    /// The next random number.
    pub fn random(&self) -> u64 {
        let mut state = self.random.load(Relaxed);
        if state == 0 {
            state = process_random() | 1;
        }
        // Two threads at once may draw the same number; nothing depends on that.
        let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.random.store(state, Relaxed);
        scramble(state)
    }

    pub fn growing(&self) -> Option<Growth> {
        match self.old.as_ref()?.kind {
            Kind::Grow => Some(Growth::Double),
            Kind::SameSize => Some(Growth::SameSize),
            Kind::Shrink => None,
        }
    }

    /// All units before this are evacuated; at rest, how many there were the last time.
    pub fn evacuated(&self) -> usize {
        self.old.as_ref().map_or(self.mark, |old| old.evacuated)
    }

    /// Overflow buckets made since the last growth began.
    pub fn noverflow(&self) -> usize {
        self.noverflow
    }

    /// Bytes of all memory of tables.
    pub fn bytes(&self) -> usize {
        self.table.bytes()
            + self.old.as_ref().map_or(0, |old| old.table.bytes())
            + self.remains.iter().map(Remains::bytes).sum::<usize>()
    }

    /// References to all entries.
    pub fn sweep(&self) -> Sweep<'_, K, V> {
        if self.count == 0 {
            return Sweep::empty();
        }
        let old = self.old.as_ref().map(|old| &old.table);
        Sweep::new(&self.table, old, self.random(), self.count)
    }

    /// References to all entries, the values' exclusive.
    pub fn sweep_mut(&mut self) -> SweepMut<'_, K, V> {
        if self.count == 0 {
            return SweepMut::empty();
        }
        let random = self.random();
        let old = self.old.as_mut().map(|old| &mut old.table);
        SweepMut::new(&mut self.table, old, random, self.count)
    }

    /// Drops all entries; keeps the buckets. If a drop panics, the others' happen nevertheless.
    pub fn clear(&mut self) {
        let old = self.old.take();
        self.count = 0;
        (self.noverflow, self.mark) = (0, 0);
        self.goal = None;
        // Both must happen, whichever panics first.
        struct Rest<'a, K, V>(&'a mut Header<K, V>);
        impl<K, V> Drop for Rest<'_, K, V> {
            fn drop(&mut self) {
                self.0.rearm();
                self.0.table.clear();
            }
        }
        let rest = Rest(self);
        drop(old);
        drop(rest);
    }

    /// A map of the same shape, in the same state of growth, with clones of the entries.
    pub fn clone_with(&self, mut clone: impl FnMut(&(K, V)) -> (K, V)) -> Self {
        let table = self.table.clone_with(&mut clone);
        let table = table.unwrap_or_else(|error| error.stop());
        let old = self.old.as_ref().map(|old| {
            Box::new(Old {
                table: old
                    .table
                    .clone_with(&mut clone)
                    .unwrap_or_else(|error| error.stop()),
                evacuated: old.evacuated,
                in_turn: old.in_turn,
                kind: old.kind,
            })
        });
        let mut header = Header {
            count: self.count,
            table,
            old,
            noverflow: self.noverflow,
            mark: self.mark,
            epoch: self.epoch,
            goal: self.goal,
            promised: self.promised,
            hinted: self.hinted,
            nil: self.nil,
            stale: self.stale,
            random: AtomicU64::new(self.random.load(Relaxed)),
            ..Header::new()
        };
        header.rearm();
        header
    }
}

impl<K, V> Old<K, V> {
    /// The units are as many as the smaller of the two tables has buckets.
    #[inline]
    fn unit(&self, hash: u64, new: &Table<K, V>) -> usize {
        hash as usize & self.table.mask() & new.mask()
    }

    /// Whether the entries of a unit are in the new table.
    #[inline]
    fn is_evacuated(&self, unit: usize) -> bool {
        unit < self.evacuated || (!self.in_turn && self.table.word(unit).evacuated())
    }
}

/// A number that other processes do not know.
#[cold]
fn process_random() -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    ahash::RandomState::new().hash_one(COUNTER.fetch_add(1, Relaxed))
}

/// The finaliser of splitmix64.
pub fn scramble(state: u64) -> u64 {
    let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
