//! Putting entries in, taking them out, and moving them to another table.

use super::matches::Matches;
use super::prefetch;
use super::table::{Place, Table};
use crate::word::{CELLS, EMPTY_ONE, EMPTY_REST, EVACUATED_X, EVACUATED_Y, MIN_TOP, ONES, Word};
use std::ptr;

impl<K, V> Table<K, V> {
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

    /// Takes out the entry of this hash whose key `is` the one looked for, if the chain has no more than
    /// one bucket; `None` if it may have. The other `None` is for an entry that is not there.
    #[inline]
    pub fn take_home(
        &mut self,
        hash: u64,
        mut is: impl FnMut(&K) -> bool,
    ) -> Option<Option<(K, V)>> {
        let bucket = self.home(hash);
        let pairs = self.main.pairs(bucket);
        prefetch::pairs(pairs, 1);
        let word = self.home_word(bucket);
        if !word.ends_chain() {
            return None;
        }
        let mut matches = Matches::of(word, hash);
        while !matches.is_empty() {
            let cell = matches.first();
            // SAFETY: the byte of this cell is a tophash: it holds an entry, and lies within the block.
            let pair = unsafe { pairs.add(cell) };
            // SAFETY: as above.
            if is(unsafe { &(*pair).0 }) {
                // There is nothing here to decide. A branch on a word that was in no cache would be
                // mispredicted as often as not, and let nothing of the next operation begin meanwhile.
                let word = word.with(cell, EMPTY_ONE).trimmed();
                // SAFETY: the bucket is one of the row, which may be written, for it holds an entry.
                // Its byte no longer says so: the entry is ours now.
                unsafe {
                    *self.main.word(bucket) = word.0;
                    return Some(Some(pair.read()));
                }
            }
            matches = matches.rest();
        }
        Some(None)
    }

    /// Takes the entry out of a cell of the chain that begins with `home`. If nothing comes after it,
    /// the bytes say so.
    ///
    /// # Panics
    /// If the cell holds none.
    pub fn take(&mut self, home: usize, place: Place) -> (K, V) {
        let pair = self.take_only(place);
        self.settle(home, place);
        pair
    }

    /// Takes the entry out of a cell, and cares for nothing else.
    ///
    /// # Panics
    /// If it holds none.
    pub fn take_only(&mut self, place: Place) -> (K, V) {
        let from = self.pointer(place).expect("the cell holds an entry");
        self.set_byte(place, EMPTY_ONE);
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

    /// Moves the entries of a bucket of the row to two chains of a table twice as large, both of them
    /// still empty: those of the cells that `high` has a one for (in the byte of the cell) to the chain
    /// `bucket + buckets`, the others to the chain `bucket`. Otherwise as [`Table::evacuate`].
    ///
    /// # Panics
    /// If the tables or chains are others.
    #[inline]
    pub fn split(
        &mut self,
        bucket: usize,
        table: &mut Self,
        high: u64,
        mut moved: impl FnMut(Place, Place),
    ) -> usize {
        let to = [bucket, bucket + self.buckets()];
        assert!(bucket <= self.mask() && to[1] <= table.mask());
        assert!(self.is_allocated() && table.is_allocated());
        assert!(table.home_word(to[0]).0 == 0 && table.home_word(to[1]).0 == 0);
        let high = high & ONES;
        let word = self.home_word(bucket);
        let from = self.main.pairs(bucket);
        let targets = to.map(|to| table.main.pairs(to));
        // SAFETY: the bucket is one of the row, which may be written. No cell holds an entry from here on;
        // those that did are ours to move.
        unsafe { *self.main.word(bucket) = word.split_marks(high).0 };
        let (mut words, mut low) = ([0_u64; 2], 0);
        let mut count = 0;
        for cell in word.occupied() {
            // Which side it is cannot be foretold, so that nothing here branches on it.
            let side = (high >> (8 * cell)) as usize & 1;
            let nth = if side == 0 { low } else { count - low };
            let target = if side == 0 { targets[0] } else { targets[1] };
            // SAFETY: the cell held an entry when we began, and is met once. The one it goes to is in
            // another table, within the first bucket of a chain without entries, and `nth` is how many
            // have gone there before: less than eight.
            unsafe {
                ptr::copy_nonoverlapping(from.wrapping_add(cell), target.wrapping_add(nth), 1)
            };
            let byte = u64::from(word.byte(cell)) << (8 * nth);
            let right = (side as u64).wrapping_neg();
            words[0] |= byte & !right;
            words[1] |= byte & right;
            moved(
                Place { bucket, cell },
                Place {
                    bucket: to[side],
                    cell: nth,
                },
            );
            low += 1 - side;
            count += 1;
        }
        for (to, word) in to.into_iter().zip(words) {
            // SAFETY: both words are of the row of a table that may be written. As many cells hold
            // entries as the words say.
            unsafe { *table.main.word(to) = word };
        }
        count
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
        assert!(table.is_allocated() && to.iter().all(|chain| *chain <= table.mask()));
        let word = self.word(bucket);
        let marks = word.occupied().fold(Word(0), |marks, cell| {
            let mark = if to[cell] == same {
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

    /// The cell that was emptied last is followed by nothing: it, and what is empty before it, says
    /// so. To be called with a cell whose byte is [`EMPTY_ONE`].
    fn settle(&mut self, home: usize, place: Place) {
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
