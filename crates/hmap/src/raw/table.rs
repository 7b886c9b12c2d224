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
use super::matches::Matches;
use super::prefetch;
use crate::word::{CELLS, EMPTY_ONE, EMPTY_REST, EVACUATED_X, EVACUATED_Y, MIN_TOP, Word, tophash};
use std::ptr::{self, NonNull};

/// Where a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The bucket.
    pub bucket: usize,
    /// The cell in it, below 8.
    pub cell: usize,
}

/// What a walk through a chain found.
pub enum Probe {
    /// The entry.
    Found(Place),
    /// No such entry; this is the first cell that is free.
    Free(Place),
    /// No such entry and no free cell.
    Full,
}

/// Buckets with their overflow buckets.
pub struct Table<K, V> {
    pub(super) main: Block<K, V>,
    mask: usize,
    /// Overflow buckets in use.
    pub(super) overflow: usize,
    pub(super) more: Vec<Block<K, V>>,
}

/// Lines of a bucket's pairs that are fetched before a write.
const LINES: usize = 4;

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

    /// Where the entry of this hash is whose key `is` the one looked for.
    #[inline]
    fn seek(&self, hash: u64, mut is: impl FnMut(&K) -> bool) -> Option<(Place, NonNull<(K, V)>)> {
        // The first bucket is one of the row: no need to look which block it is in.
        let bucket = self.home(hash);
        let word = self.home_word(bucket);
        let pairs = self.main.pairs(bucket);
        let mut matches = Matches::of(word, tophash(hash));
        while !matches.is_empty() {
            let cell = matches.first();
            // SAFETY: the byte of this cell is a tophash, thus at least `MIN_TOP`: it holds an entry,
            // and lies within the block.
            let pair = unsafe { NonNull::new_unchecked(pairs.add(cell)) };
            // SAFETY: as above.
            if is(unsafe { &(*pair.as_ptr()).0 }) {
                return Some((Place { bucket, cell }, pair));
            }
            matches = matches.rest();
        }
        if word.ends_chain() {
            return None;
        }
        self.seek_in_overflow(bucket, hash, is)
    }

    #[cold]
    #[inline(never)]
    fn seek_in_overflow(
        &self,
        mut bucket: usize,
        hash: u64,
        mut is: impl FnMut(&K) -> bool,
    ) -> Option<(Place, NonNull<(K, V)>)> {
        while let Some(next) = self.next(bucket) {
            bucket = next;
            let word = self.word(bucket);
            let mut matches = Matches::of(word, tophash(hash));
            while !matches.is_empty() {
                let cell = matches.first();
                let place = Place { bucket, cell };
                if is(&self.pair(place)?.0) {
                    return Some((place, NonNull::new(self.pointer(place)?)?));
                }
                matches = matches.rest();
            }
            if word.ends_chain() {
                break;
            }
        }
        None
    }

    /// The entry of this hash whose key `is` the one looked for.
    #[inline]
    pub fn get(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<&(K, V)> {
        // Most entries are in the first half of their bucket. More would be too dear where there is none.
        prefetch::pairs(self.main.pairs(self.home(hash)), 1);
        let (_, pair) = self.seek(hash, is)?;
        // SAFETY: the cell holds an entry, and we are borrowed for as long as the reference lives.
        Some(unsafe { pair.as_ref() })
    }

    /// As [`Table::get`], to change.
    #[inline]
    pub fn get_mut(&mut self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<&mut (K, V)> {
        let (_, mut pair) = self.seek(hash, is)?;
        // SAFETY: as in `get`, and we are borrowed exclusively.
        Some(unsafe { pair.as_mut() })
    }

    /// Where it is.
    #[inline]
    pub fn find(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Option<Place> {
        prefetch::pairs(self.main.pairs(self.home(hash)), LINES);
        self.seek(hash, is).map(|(place, _)| place)
    }

    /// The word of a bucket of the row.
    #[inline]
    fn home_word(&self, bucket: usize) -> Word {
        debug_assert!(bucket <= self.mask);
        // SAFETY: the main block has more buckets than `mask`, of which callers have made `bucket` a
        // part; words are initialised, and nobody writes while we are borrowed.
        Word(unsafe { *self.main.word(bucket & self.mask) })
    }

    /// Looks for an entry, and for a free cell in case there is none.
    #[inline]
    pub fn probe(&self, hash: u64, mut is: impl FnMut(&K) -> bool) -> Probe {
        match self.probe_home(hash, &mut is) {
            Some(probe) => probe,
            None => self.probe_in_overflow(self.home(hash), hash, is),
        }
    }

    /// As [`Table::probe`], but gives up where a chain may be longer than its first bucket.
    #[inline]
    pub fn probe_home(&self, hash: u64, mut is: impl FnMut(&K) -> bool) -> Option<Probe> {
        let bucket = self.home(hash);
        let pairs = self.main.pairs(bucket);
        // Whatever the word says, one of these will be written or read: no need to wait for it.
        prefetch::pairs(pairs, LINES);
        let word = self.home_word(bucket);
        let mut matches = Matches::of(word, tophash(hash));
        while !matches.is_empty() {
            let cell = matches.first();
            // SAFETY: as in `seek`.
            if is(unsafe { &(*pairs.add(cell)).0 }) {
                return Some(Probe::Found(Place { bucket, cell }));
            }
            matches = matches.rest();
        }
        let free = word.free().first().filter(|_| word.ends_chain());
        free.map(|cell| Probe::Free(Place { bucket, cell }))
    }

    #[cold]
    #[inline(never)]
    fn probe_in_overflow(
        &self,
        mut bucket: usize,
        hash: u64,
        mut is: impl FnMut(&K) -> bool,
    ) -> Probe {
        let free_cell = |bucket, word: Word| {
            let cell = word.free().first()?;
            Some(Place { bucket, cell })
        };
        let mut free = free_cell(bucket, self.word(bucket));
        while let Some(next) = self.next(bucket) {
            bucket = next;
            let word = self.word(bucket);
            let mut matches = Matches::of(word, tophash(hash));
            while !matches.is_empty() {
                let cell = matches.first();
                let place = Place { bucket, cell };
                if self.pair(place).is_some_and(|pair| is(&pair.0)) {
                    return Probe::Found(place);
                }
                matches = matches.rest();
            }
            free = free.or_else(|| free_cell(bucket, word));
            if word.ends_chain() {
                break;
            }
        }
        free.map_or(Probe::Full, Probe::Free)
    }

    /// The first free cell of a chain.
    #[inline]
    pub fn vacancy(&self, home: usize) -> Option<Place> {
        let mut bucket = home;
        loop {
            if let Some(cell) = self.word(bucket).free().first() {
                return Some(Place { bucket, cell });
            }
            bucket = self.next(bucket)?;
        }
    }

    /// Puts an entry in a free cell.
    ///
    /// # Panics
    /// If the cell holds one, or the tophash is none, or nothing can be written.
    #[inline]
    pub fn put(&mut self, place: Place, top: u8, pair: (K, V)) -> &mut (K, V) {
        let old = self.word(place.bucket);
        assert!(place.cell < CELLS && top >= MIN_TOP && old.byte(place.cell) < MIN_TOP);
        let (block, index) = self.locate_mut(place.bucket);
        let to = block.pairs(index).wrapping_add(place.cell);
        // SAFETY: the cell lies within the block, which may be written, and holds no entry; from here
        // on it does, and its byte says so.
        unsafe {
            to.write(pair);
            *block.word(index) = old.with(place.cell, top).0;
            &mut *to
        }
    }

    /// Takes the entry out of a cell, which gets the byte `mark`.
    ///
    /// # Panics
    /// If it holds none, or `mark` would say that it does.
    #[inline]
    pub fn take(&mut self, place: Place, mark: u8) -> (K, V) {
        let from = self.pointer(place).expect("the cell holds an entry");
        assert!(mark < MIN_TOP);
        self.set_byte(place, mark);
        // SAFETY: the cell held an entry. Its byte no longer says so: it is ours now.
        unsafe { from.read() }
    }

    fn set_byte(&mut self, place: Place, mark: u8) {
        debug_assert!(place.cell < CELLS && mark < MIN_TOP);
        let (block, index) = self.locate_mut(place.bucket);
        // SAFETY: the word lies within a block that may be written. Whatever entry was in the cell is
        // the callers' concern; none is said to be there now.
        unsafe {
            let word = block.word(index);
            *word = Word(*word).with(place.cell, mark).0;
        }
    }

    /// Moves the entries of a bucket to the ends of chains of another table: that of cell `c` to the
    /// chain `to[c]`. The cells get the marks of what has been evacuated; entries that go to the chain
    /// `same` count as those that stay. `moved` is told of each entry. Returns how many have moved, and
    /// how many overflow buckets were linked for them.
    ///
    /// # Panics
    /// If one of the chains is none.
    #[inline]
    pub fn evacuate(
        &mut self,
        bucket: usize,
        table: &mut Self,
        same: usize,
        to: &[usize; CELLS],
        mut moved: impl FnMut(Place, Place),
    ) -> (usize, usize) {
        assert!(table.is_allocated() && to.iter().all(|chain| *chain <= table.mask));
        let word = self.word(bucket);
        let marks = to.iter().enumerate().fold(Word(0), |marks, (cell, chain)| {
            let mark = if *chain == same {
                EVACUATED_X
            } else {
                EVACUATED_Y
            };
            marks.with(cell, mark)
        });
        let (block, index) = self.locate_mut(bucket);
        let pairs = block.pairs(index);
        // SAFETY: the word lies within a block that may be written. No cell holds an entry from here
        // on; those that did are ours to move.
        unsafe { *block.word(index) = word.evacuated_as(marks).0 };
        let (mut count, mut added) = (0, 0);
        for cell in word.occupied() {
            let place = match table.vacancy(to[cell]) {
                Some(place) => place,
                None => {
                    added += 1;
                    table.extend_chain(to[cell])
                }
            };
            let (block, index) = table.locate_mut(place.bucket);
            // SAFETY: the cell held an entry when we began, and is met once. The one it goes to is in
            // another table, free, and within a block that may be written; its byte is that of the
            // entry, and so says from here on that it holds one.
            unsafe {
                let target = block.pairs(index).wrapping_add(place.cell);
                ptr::copy_nonoverlapping(pairs.wrapping_add(cell), target, 1);
                let target = block.word(index);
                *target = Word(*target).with(place.cell, word.byte(cell)).0;
            }
            moved(Place { bucket, cell }, place);
            count += 1;
        }
        (count, added)
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
    fn locate(&self, bucket: usize) -> (&Block<K, V>, usize) {
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
    fn locate_mut(&mut self, bucket: usize) -> (&mut Block<K, V>, usize) {
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

    /// The cell that was emptied last is followed by nothing: it, and what is empty before it, says
    /// so. To be called with a cell whose byte is [`EMPTY_ONE`].
    #[inline]
    pub fn settle(&mut self, home: usize, place: Place) {
        let word = self.word(place.bucket);
        let followed = if place.cell + 1 < CELLS {
            word.byte(place.cell + 1)
        } else {
            self.next(place.bucket)
                .map_or(EMPTY_REST, |next| self.word(next).byte(0))
        };
        if followed == EMPTY_REST {
            self.settle_back(home, place);
        }
    }

    fn settle_back(&mut self, home: usize, mut place: Place) {
        while self.word(place.bucket).byte(place.cell) == EMPTY_ONE {
            self.set_byte(place, EMPTY_REST);
            if place.cell > 0 {
                place.cell -= 1;
                continue;
            }
            if place.bucket == home {
                return;
            }
            let after = place.bucket;
            place = Place {
                bucket: home,
                cell: CELLS - 1,
            };
            while let Some(next) = self.next(place.bucket).filter(|next| *next != after) {
                place.bucket = next;
            }
        }
    }
}
