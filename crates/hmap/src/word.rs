//! The tophash word of a bucket: eight bytes, one a cell, compared all at once.
//!
//! ```text
//!  63      56                       8 7        0
//! +----------+----------+ ... +----------+----------+
//! |  cell 7  |  cell 6  |     |  cell 1  |  cell 0  |
//! +----------+----------+ ... +----------+----------+
//! ```
//!
//! A byte says what is in its cell:
//!
//! | byte | the cell |
//! |---|---|
//! | 0 [`EMPTY_REST`] | is empty, and so are all later cells of the chain |
//! | 1 [`EMPTY_ONE`] | is empty, a later one may not be |
//! | 2 [`EVACUATED_X`] | has moved to the bucket of the same index in the new table |
//! | 3 [`EVACUATED_Y`] | has moved to a bucket of another index |
//! | 4 [`EVACUATED_EMPTY`] | was empty when its bucket was evacuated |
//! | 5.. | holds an entry; the byte is the top of its hash |
//!
//! Fresh zeroed memory is thus a chain without entries. A chain is evacuated if and only if the byte
//! of its very first cell is 2, 3 or 4.

/// This cell is empty and so are all after it.
pub const EMPTY_REST: u8 = 0;
/// This cell is empty.
pub const EMPTY_ONE: u8 = 1;
/// The entry has moved to the same index.
pub const EVACUATED_X: u8 = 2;
/// The entry has moved to another index.
pub const EVACUATED_Y: u8 = 3;
/// Was empty when the bucket was evacuated.
pub const EVACUATED_EMPTY: u8 = 4;
/// The smallest byte of a cell that holds an entry.
pub const MIN_TOP: u8 = 5;

/// Cells a bucket has.
pub const CELLS: usize = 8;

/// Times this, a byte is in every place.
pub const ONES: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;

/// The byte that stands for a hash.
#[inline]
pub const fn tophash(hash: u64) -> u8 {
    let top = (hash >> 56) as u32;
    let least = MIN_TOP as u32;
    (if top < least { top + least } else { top }) as u8
}

/// The tophash for each top byte of a hash, in all eight places: what look-ups compare words with. It
/// is one load instead of the seven instructions that make it.
static SPREAD: [u64; 256] = {
    let mut spread = [0; 256];
    let mut top = 0;
    while top < 256 {
        spread[top] = tophash((top as u64) << 56) as u64 * ONES;
        top += 1;
    }
    spread
};

/// The byte that stands for a hash, eight times.
#[inline]
pub fn spread(hash: u64) -> Word {
    Word(SPREAD[(hash >> 56) as usize])
}

/// Eight tophash bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub u64);

impl Word {
    /// The cells that an entry may be put in: [`EMPTY_REST`] or [`EMPTY_ONE`].
    #[inline]
    pub const fn free(self) -> Cells {
        zeros(self.0 & !ONES)
    }

    /// The cells that hold entries.
    #[inline]
    pub const fn occupied(self) -> Cells {
        // A byte of at least 5 has its high bit set, or gets it when 123 is added to the rest.
        let low = self.0 & !HIGH;
        Cells(((low + 0x7b * ONES) | self.0) & HIGH)
    }

    /// Whether no later bucket of the chain can hold an entry.
    #[inline]
    pub const fn ends_chain(self) -> bool {
        self.0 >> 56 == EMPTY_REST as u64
    }

    /// The word with [`EMPTY_REST`] in all cells after the last that holds an entry: that of a bucket
    /// which has not been evacuated, and after which nothing comes.
    #[inline]
    pub const fn trimmed(self) -> Word {
        // The bits of the last such cell and of all before it.
        let mut kept = self.occupied().0 >> 7;
        kept |= kept >> 8;
        kept |= kept >> 16;
        kept |= kept >> 32;
        Word(self.0 & (kept * 0xff))
    }

    /// Whether a chain that begins with this bucket has been evacuated.
    #[inline]
    pub const fn evacuated(self) -> bool {
        (self.0 as u8).wrapping_sub(EVACUATED_X) <= EVACUATED_EMPTY - EVACUATED_X
    }

    /// The word after evacuation: the `marks` where entries were, elsewhere [`EVACUATED_EMPTY`].
    #[inline]
    pub const fn evacuated_as(self, marks: Word) -> Word {
        // All ones in the bytes of cells that held entries.
        let held = (self.occupied().0 >> 7) * 0xff;
        Word((marks.0 & held) | ((EVACUATED_EMPTY as u64 * ONES) & !held))
    }

    /// The word after evacuation to two chains: where there was an entry [`EVACUATED_Y`] if `high` has a
    /// one in its byte, else [`EVACUATED_X`].
    #[inline]
    pub const fn split_marks(self, high: u64) -> Word {
        self.evacuated_as(Word(EVACUATED_X as u64 * ONES + high))
    }

    /// The byte of a cell.
    #[inline]
    pub const fn byte(self, cell: usize) -> u8 {
        (self.0 >> (8 * cell)) as u8
    }

    /// The word with another byte for a cell.
    #[inline]
    pub const fn with(self, cell: usize, byte: u8) -> Word {
        Word((self.0 & !(0xff << (8 * cell))) | ((byte as u64) << (8 * cell)))
    }

    /// All eight bytes, cell 0 first.
    pub const fn bytes(self) -> [u8; CELLS] {
        self.0.to_le_bytes()
    }
}

/// The bytes that are zero; exact, unlike the shorter form that a borrow may mislead.
#[inline]
pub const fn zeros(x: u64) -> Cells {
    Cells(!(((x & !HIGH) + !HIGH) | x | !HIGH))
}

/// A set of cells of one bucket, as the high bits of the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cells(pub u64);

impl Cells {
    /// The first cell of the set.
    #[inline]
    pub const fn first(self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        Some(self.0.trailing_zeros() as usize / 8)
    }

    /// The set with its cells turned, so that cell `by` comes first.
    #[inline]
    pub const fn rotated(self, by: usize) -> Cells {
        Cells(self.0.rotate_right(8 * by as u32))
    }
}

impl Iterator for Cells {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let first = self.first()?;
        self.0 &= self.0 - 1;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(bytes: [u8; 8]) -> Word {
        Word(u64::from_le_bytes(bytes))
    }

    #[test]
    fn every_byte_is_told_right_beside_every_other() {
        for byte in 0..=255 {
            for other in 0..=255 {
                let w = word([other, byte, other, other, other, byte, other, byte]);
                for cell in 0..8 {
                    let at = w.byte(cell);
                    let has = |cells: Cells| cells.collect::<Vec<_>>().contains(&cell);
                    assert_eq!(has(w.free()), at <= EMPTY_ONE, "{at}");
                    assert_eq!(has(w.occupied()), at >= MIN_TOP, "{at}");
                }
            }
        }
    }

    #[test]
    fn first_and_last_cells_say_it_for_the_chain() {
        for byte in 0..=255 {
            assert_eq!(word([9, 9, 9, 9, 9, 9, 9, byte]).ends_chain(), byte == 0);
            let first = word([byte, 9, 9, 9, 9, 9, 9, 9]);
            assert_eq!(first.evacuated(), (2..=4).contains(&byte));
        }
    }

    #[test]
    fn trimmed_words_end_with_their_last_entry() {
        let cases = [
            ([0; 8], [0; 8]),
            ([1; 8], [0; 8]),
            ([9, 1, 1, 0, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0, 0]),
            ([1, 5, 1, 255, 1, 1, 1, 1], [1, 5, 1, 255, 0, 0, 0, 0]),
            ([1, 1, 1, 1, 1, 1, 1, 5], [1, 1, 1, 1, 1, 1, 1, 5]),
            ([128, 1, 1, 1, 1, 1, 1, 1], [128, 0, 0, 0, 0, 0, 0, 0]),
        ];
        for (before, after) in cases {
            assert_eq!(word(before).trimmed().bytes(), after);
        }
    }

    #[test]
    fn small_tophashes_are_lifted() {
        assert_eq!(tophash(0), 5);
        assert_eq!(tophash(4 << 56), 9);
        assert_eq!(tophash(5 << 56), 5);
        assert_eq!(tophash(u64::MAX), 255);
        for top in 0..=255 {
            let hash = top << 56 | 0x1234;
            assert_eq!(spread(hash).bytes(), [tophash(hash); CELLS]);
        }
    }

    #[test]
    fn turned_sets_begin_where_asked() {
        let cells = word([7, 0, 7, 0, 0, 0, 0, 7]).occupied();
        let turned: Vec<_> = cells.rotated(2).map(|c| (c + 2) % 8).collect();
        assert_eq!(turned, [2, 7, 0]);
    }
}
