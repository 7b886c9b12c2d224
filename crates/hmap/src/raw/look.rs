//! Looking for an entry, and for a place where one may go.
//!
//! The first bucket of a chain is one of the row, so that nothing need be found out about where it is;
//! most chains end there. What else there is to do is told in cold functions.

use super::matches::Matches;
use super::prefetch;
use super::table::{Place, Table};
use crate::word::Word;
use std::ptr::NonNull;

/// What a walk through a chain found.
pub enum Probe {
    /// The entry.
    Found(Place),
    /// No such entry; this is the first cell that is free.
    Free(Place),
    /// No such entry and no free cell.
    Full,
}

/// Lines of a bucket's pairs that are fetched before a write.
const LINES: usize = 4;

impl<K, V> Table<K, V> {
    /// What a write to the chain of this hash will touch is fetched.
    #[inline]
    pub fn prefetch(&self, hash: u64) {
        let bucket = self.home(hash);
        prefetch::line(self.main.word(bucket));
        prefetch::pairs(self.main.pairs(bucket), LINES);
    }

    /// The entries of a bucket of the row are fetched, if it has some: most are in its first half.
    #[inline]
    pub fn prefetch_held(&self, bucket: usize) {
        let bucket = bucket & self.mask();
        if self.home_word(bucket).occupied().first().is_some() {
            prefetch::pairs(self.main.pairs(bucket), 1);
        }
    }

    /// The overflow bucket that is linked to this one is fetched, if there is one.
    #[inline]
    pub fn prefetch_next(&self, bucket: usize) {
        if let Some(next) = self.next(bucket & self.mask()) {
            let (block, index) = self.locate(next);
            prefetch::line(block.word(index));
            prefetch::pairs(block.pairs(index), LINES);
        }
    }

    /// Where the entry of this hash is whose key `is` the one looked for.
    #[inline]
    fn seek(&self, hash: u64, mut is: impl FnMut(&K) -> bool) -> Option<(Place, NonNull<(K, V)>)> {
        // The first bucket is one of the row: no need to look which block it is in.
        let bucket = self.home(hash);
        let word = self.home_word(bucket);
        let pairs = self.main.pairs(bucket);
        let mut matches = Matches::of(word, hash);
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
        // Of the buckets that are full half have nothing linked to them.
        // SAFETY: the bucket is one of the row; links are initialised, and nobody writes while we are
        // borrowed.
        if word.ends_chain() || unsafe { *self.main.link(bucket) } == 0 {
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
            let mut matches = Matches::of(word, hash);
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

    /// The entries of a bucket of the row whose hash has a one in this place: a one each in the bytes of
    /// their cells.
    #[inline]
    pub fn sides(&self, bucket: usize, bit: u32, rehash: impl Fn(&K) -> u64) -> u64 {
        assert!(bucket <= self.mask() && bit < 64);
        let (word, pairs) = (self.home_word(bucket), self.main.pairs(bucket));
        word.occupied().fold(0, |sides, cell| {
            // SAFETY: the cell holds an entry, and lies within the block.
            let key = unsafe { &(*pairs.add(cell)).0 };
            sides | (rehash(key) >> bit & 1) << (8 * cell)
        })
    }

    /// The word of a bucket of the row.
    #[inline]
    pub(super) fn home_word(&self, bucket: usize) -> Word {
        debug_assert!(bucket <= self.mask());
        // SAFETY: the main block has more buckets than `mask`, of which callers have made `bucket` a
        // part; words are initialised, and nobody writes while we are borrowed.
        Word(unsafe { *self.main.word(bucket & self.mask()) })
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
        prefetch::line(self.main.link(bucket));
        let word = self.home_word(bucket);
        let mut matches = Matches::of(word, hash);
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
            let mut matches = Matches::of(word, hash);
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
}
