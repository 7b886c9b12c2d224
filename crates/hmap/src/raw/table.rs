//! A table: buckets that stand in a row, and overflow buckets that are linked to them.
//!
//! ```text
//!            bucket 0        1        2             2^bits      ...
//! main  [ ][ ][ ][ ]..|[ ][ ]..|[ ][ ].. |  ...  | overflow 0 | ...
//!              link of 1 ----------------------------^
//! more[0]   so many overflow buckets again;  more[1]  twice as many; ...
//! ```
//!
//! The first overflow buckets stand behind the others in the same block (one for sixteen buckets,
//! from sixteen buckets on); when they are used up, blocks are added, each twice as large as the one
//! before. Buckets never move. A bucket is named by its index: `2^bits` and more are overflow buckets.
//!
//! A chain is a bucket of the row and what is linked to it. All methods are safe, see
//! [`crate::raw`]; an index that is none panics.

use super::block::{Block, NoMemory};
use crate::word::{CELLS, MIN_TOP, Word};

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: usize,
    /// The cell in it, below 8.
    pub cell: usize,
}

/// Buckets with their overflow buckets.
pub struct Table<K, V> {
    pub(super) main: Block<K, V>,
    mask: usize,
    /// Overflow buckets in use.
    pub(super) overflow: usize,
    pub(super) more: Vec<Block<K, V>>,
}

/// How many overflow buckets a table is made with.
const fn spare(bits: u32) -> usize {
    if bits < 4 { 0 } else { 1 << (bits - 4) }
}

impl<K, V> Table<K, V> {
    /// A table of one bucket that is empty and cannot be written.
    pub const fn unallocated() -> Self {
        Table {
            main: Block::unallocated(),
            mask: 0,
            overflow: 0,
            more: Vec::new(),
        }
    }

    /// An empty table of `2^bits` buckets.
    pub fn with_bits(bits: u32) -> Result<Self, NoMemory> {
        let buckets = 1_usize.checked_shl(bits).ok_or(NoMemory::Size)?;
        let all = buckets.checked_add(spare(bits)).ok_or(NoMemory::Size)?;
        Ok(Table {
            main: Block::new(all)?,
            mask: buckets - 1,
            overflow: 0,
            more: Vec::new(),
        })
    }

    /// Whether it can be written.
    #[inline]
    pub fn is_allocated(&self) -> bool {
        self.main.is_allocated()
    }

    /// The logarithm of the number of buckets in the row.
    #[inline]
    pub fn bits(&self) -> u32 {
        self.mask.count_ones()
    }

    /// Buckets in the row, overflow buckets not counted.
    #[inline]
    pub fn buckets(&self) -> usize {
        self.mask + 1
    }

    /// Which bits of a hash choose the bucket.
    #[inline]
    pub fn mask(&self) -> usize {
        self.mask
    }

    /// Bytes of all its memory.
    pub fn bytes(&self) -> usize {
        self.main.bytes() + self.more.iter().map(Block::bytes).sum::<usize>()
    }

    /// The bucket that begins the chain of a hash.
    #[inline]
    pub fn home(&self, hash: u64) -> usize {
        hash as usize & self.mask
    }

    /// The word of a bucket.
    #[inline]
    pub fn word(&self, bucket: usize) -> Word {
        let (block, index) = self.locate(bucket);
        // SAFETY: `locate` gives an index within the block; words are initialised, and nobody writes
        // while we are borrowed.
        Word(unsafe { *block.word(index) })
    }

    /// The overflow bucket that is linked to a bucket.
    #[inline]
    pub fn next(&self, bucket: usize) -> Option<usize> {
        let (block, index) = self.locate(bucket);
        // SAFETY: as in `word`, for links.
        match unsafe { *block.link(index) } {
            0 => None,
            link => Some(self.mask + link as usize),
        }
    }

    /// The pair in a cell, if it holds one.
    #[inline]
    pub fn pair(&self, place: Place) -> Option<&(K, V)> {
        let pair = self.pointer(place)?;
        // SAFETY: the cell holds an entry, and we are borrowed for as long as the reference lives.
        Some(unsafe { &*pair })
    }

    /// The pair in a cell, if it holds one, to change.
    #[inline]
    pub fn pair_mut(&mut self, place: Place) -> Option<&mut (K, V)> {
        let pair = self.pointer(place)?;
        // SAFETY: as in `pair`, and we are borrowed exclusively.
        Some(unsafe { &mut *pair })
    }

    /// Where the pair of an occupied cell is.
    #[inline]
    pub(super) fn pointer(&self, place: Place) -> Option<*mut (K, V)> {
        let occupied = place.cell < CELLS && self.word(place.bucket).byte(place.cell) >= MIN_TOP;
        let (block, index) = self.locate(place.bucket);
        occupied.then(|| block.pairs(index).wrapping_add(place.cell))
    }

    /// Links an overflow bucket to the end of a chain; its first cell.
    ///
    /// # Panics
    /// If nothing can be written. If there are more than 2^32 overflow buckets.
    pub fn extend_chain(&mut self, home: usize) -> Place {
        let mut last = home;
        while let Some(next) = self.next(last) {
            last = next;
        }
        let fresh = self.fresh_bucket();
        let link = u32::try_from(fresh - self.mask).expect("at most 2^32 overflow buckets");
        let (block, index) = self.locate_mut(last);
        // SAFETY: the link lies within a block that may be written.
        unsafe { *block.link(index) = link };
        Place {
            bucket: fresh,
            cell: 0,
        }
    }

    /// An overflow bucket that is not in use: empty, and linked to nothing.
    fn fresh_bucket(&mut self) -> usize {
        assert!(self.is_allocated());
        let fresh = self.mask + 1 + self.overflow;
        if fresh >= self.main.buckets() {
            let (chunk, _) = self.chunk(fresh - self.main.buckets());
            if chunk == self.more.len() {
                let buckets = self.chunk_base() << chunk;
                let block = Block::new(buckets).unwrap_or_else(|error| error.stop());
                self.more.push(block);
            }
        }
        self.overflow += 1;
        fresh
    }

    /// The size of the first of the further blocks.
    fn chunk_base(&self) -> usize {
        spare(self.bits()).max(1)
    }

    /// In which of the further blocks a bucket is, and where in it: block `c` holds `base << c`.
    fn chunk(&self, past_main: usize) -> (usize, usize) {
        let base = self.chunk_base();
        let chunk = (past_main / base + 1).ilog2() as usize;
        (chunk, past_main - base * ((1 << chunk) - 1))
    }

    #[inline]
    pub(super) fn locate(&self, bucket: usize) -> (&Block<K, V>, usize) {
        if bucket < self.main.buckets() {
            return (&self.main, bucket);
        }
        let (chunk, index) = self.chunk(bucket - self.main.buckets());
        let block = &self.more[chunk];
        assert!(index < block.buckets());
        (block, index)
    }

    /// The block of a bucket, which may be written.
    #[inline]
    pub(super) fn locate_mut(&mut self, bucket: usize) -> (&mut Block<K, V>, usize) {
        assert!(self.main.is_allocated());
        if bucket < self.main.buckets() {
            return (&mut self.main, bucket);
        }
        let (chunk, index) = self.chunk(bucket - self.main.buckets());
        let block = &mut self.more[chunk];
        assert!(index < block.buckets());
        (block, index)
    }

    /// The link of a bucket as it is stored.
    pub(super) fn link(&self, bucket: usize) -> u32 {
        self.next(bucket)
            .map_or(0, |next| (next - self.mask) as u32)
    }

    /// Sets the word and the link of a bucket without entries.
    ///
    /// # Panics
    /// If the word says that there are some, or the link names no overflow bucket in use.
    pub(super) fn set_marks(&mut self, bucket: usize, marks: Word, link: u32) {
        assert!(marks.occupied().first().is_none() && link as usize <= self.overflow);
        assert!(self.word(bucket).occupied().first().is_none());
        let (block, index) = self.locate_mut(bucket);
        // SAFETY: word and link lie within a block that may be written; no entry is lost or made.
        unsafe {
            *block.word(index) = marks.0;
            *block.link(index) = link;
        }
    }
}
