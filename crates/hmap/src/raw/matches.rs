//! The cells whose bytes are of a certain kind: of one bucket, or of eight at a time.
//!
//! Look-ups and iteration do little else but finding these, so that there is a form for each machine.

use crate::word::{Word, spread};

/// A set of cells.
#[derive(Clone, Copy)]
pub(super) struct Matches(machine::Set);

/// Vector instructions, one bit a cell.
#[cfg(target_arch = "x86_64")]
mod machine {
    use crate::word::{MIN_TOP, Word};
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_max_epu8, _mm_movemask_epi8, _mm_set_epi64x,
        _mm_set1_epi8,
    };

    pub(super) type Set = u32;
    pub(super) const STRIDE: u32 = 1;

    #[inline]
    pub(super) fn find(word: Word, other: Word) -> Set {
        // SAFETY: every x86-64 has SSE2.
        unsafe {
            let [word, other] = [word, other].map(|word| _mm_cvtsi64_si128(word.0 as i64));
            let same = _mm_cmpeq_epi8(word, other);
            _mm_movemask_epi8(same) as u32 & 0xff
        }
    }

    #[inline]
    pub(super) fn occupied(words: [u64; 8]) -> u64 {
        let mut cells = 0;
        for (n, pair) in words.as_chunks::<2>().0.iter().enumerate() {
            // SAFETY: every x86-64 has SSE2.
            let pair = unsafe {
                let pair = _mm_set_epi64x(pair[1] as i64, pair[0] as i64);
                let least = _mm_set1_epi8(MIN_TOP as i8);
                _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(pair, least), pair)) as u16
            };
            cells |= u64::from(pair) << (16 * n);
        }
        cells
    }
}

/// Arithmetic on the word, one bit a byte.
#[cfg(not(target_arch = "x86_64"))]
mod machine {
    use crate::word::{Word, zeros};

    pub(super) type Set = u64;
    pub(super) const STRIDE: u32 = 8;

    #[inline]
    pub(super) fn find(word: Word, other: Word) -> Set {
        zeros(word.0 ^ other.0).0
    }

    #[inline]
    pub(super) fn occupied(words: [u64; 8]) -> u64 {
        words.iter().enumerate().fold(0, |cells, (n, word)| {
            // The bit of each byte goes to the top byte.
            let bits = (Word(*word).occupied().0 >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56;
            cells | bits << (8 * n)
        })
    }
}

impl Matches {
    /// The cells whose byte is the tophash of this hash; exactly these.
    #[inline]
    pub(super) fn of(word: Word, hash: u64) -> Self {
        Matches(machine::find(word, spread(hash)))
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The first of them, if there is one.
    #[inline]
    pub(super) fn first(self) -> usize {
        (self.0.trailing_zeros() / machine::STRIDE) as usize
    }

    /// All but the first.
    #[inline]
    pub(super) fn rest(self) -> Self {
        Matches(self.0 & self.0.wrapping_sub(1))
    }
}

/// The cells of eight buckets that hold entries, a bit each: that of cell `c` of bucket `b` is
/// `8 * b + c`.
#[inline]
pub(super) fn occupied(words: [u64; 8]) -> u64 {
    machine::occupied(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_told_from_every_other() {
        for byte in crate::word::MIN_TOP..=255 {
            for other in 0..=255 {
                let bytes = [other, byte, other, other, other, byte, other, byte];
                let word = Word(u64::from_le_bytes(bytes));
                let mut matches = Matches::of(word, u64::from(byte) << 56);
                let mut found = Vec::new();
                while !matches.is_empty() {
                    found.push(matches.first());
                    matches = matches.rest();
                }
                let expected: Vec<_> = (0..8).filter(|cell| bytes[*cell] == byte).collect();
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn eight_buckets_at_a_time() {
        for shift in 0..64 {
            let bytes: [u8; 64] = std::array::from_fn(|n| (n * 37 + shift * 11) as u8 % 9);
            let words = std::array::from_fn(|n| {
                u64::from_le_bytes(bytes[8 * n..8 * n + 8].try_into().unwrap())
            });
            let expected = (0..64).filter(|n| bytes[*n] >= 5);
            assert_eq!(occupied(words), expected.fold(0, |set, n| set | 1 << n));
        }
        assert_eq!(occupied([u64::MAX; 8]), u64::MAX);
    }
}
