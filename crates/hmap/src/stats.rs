//! Counts of a map's structure.

use crate::header::Header;

/// What [`HMap::stats`](crate::HMap::stats) tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Entries.
    pub count: usize,
    /// The logarithm of the number of buckets: Go's `B`.
    pub b: u8,
    /// Buckets in the row: `2^b`, or 0 as long as there is no memory. Those of the table that is
    /// being evacuated are not among them.
    pub buckets: usize,
    /// Overflow buckets made since the last growth began: Go's `noverflow`. Exact below `b` = 16; from
    /// there on one of `2^(b - 15)` is counted, at random.
    pub overflow: usize,
    /// Whether entries are moving to more buckets, or to as many.
    pub growing: Option<Growth>,
    /// Go's evacuation mark: how many units of the old table are evacuated, those not counted that
    /// were out of turn. A unit is an old bucket with its overflow buckets; shrinking, a new one with
    /// all that comes together in it. At rest, as it stood at the end of the last growth.
    pub evacuated: usize,
    /// Whether entries are moving to fewer buckets.
    pub shrinking: bool,
    /// Bytes of memory for buckets, old ones among them; address space, that is: what the system has
    /// not yet provided or has taken back counts too.
    pub bytes: usize,
}

/// Why a map has two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// There are too many entries: the new table has twice as many buckets (or more, after
    /// [`reserve`](crate::HMap::reserve)).
    Double,
    /// There are too many overflow buckets, most of them nearly empty: the new table has as many
    /// buckets, and fewer overflow buckets.
    SameSize,
}

impl Stats {
    pub(crate) fn of<K, V>(header: &Header<K, V>) -> Stats {
        let table = &header.table;
        Stats {
            count: header.len(),
            b: table.bits() as u8,
            buckets: if table.is_allocated() {
                table.buckets()
            } else {
                0
            },
            overflow: header.noverflow(),
            growing: header.growing(),
            evacuated: header.evacuated(),
            shrinking: header.is_shrinking(),
            bytes: header.bytes(),
        }
    }
}
