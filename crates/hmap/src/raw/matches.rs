//! The cells of a bucket whose byte is a certain one.
//!
//! A look-up does little else but finding these, so that there is a form for each machine.

use crate::word::Word;

/// A set of cells.
#[derive(Clone, Copy)]
pub(super) struct Matches(machine::Set);

/// Vector instructions, one bit a cell.
#[cfg(target_arch = "x86_64")]
mod machine {
    use crate::word::Word;
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_cvtsi64_si128, _mm_movemask_epi8, _mm_set1_epi8};

    pub(super) type Set = u32;
    pub(super) const STRIDE: u32 = 1;

    #[inline]
    pub(super) fn find(word: Word, byte: u8) -> Set {
        // SAFETY: every x86-64 has SSE2.
        unsafe {
            let word = _mm_cvtsi64_si128(word.0 as i64);
            let same = _mm_cmpeq_epi8(word, _mm_set1_epi8(byte as i8));
            _mm_movemask_epi8(same) as u32 & 0xff
        }
    }
}

/// Arithmetic on the word, one bit a byte.
#[cfg(not(target_arch = "x86_64"))]
mod machine {
    use crate::word::{ONES, Word, zeros};

    pub(super) type Set = u64;
    pub(super) const STRIDE: u32 = 8;

    #[inline]
    pub(super) fn find(word: Word, byte: u8) -> Set {
        zeros(word.0 ^ (byte as u64 * ONES)).0
    }
}

impl Matches {
    /// The cells whose byte is this one; exactly these.
    #[inline]
    pub(super) fn of(word: Word, byte: u8) -> Self {
        Matches(machine::find(word, byte))
    }
}

impl Iterator for Matches {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let cell = self.0.trailing_zeros() / machine::STRIDE;
        self.0 &= self.0 - 1;
        Some(cell as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_told_from_every_other() {
        for byte in 0..=255 {
            for other in 0..=255 {
                let bytes = [other, byte, other, other, other, byte, other, byte];
                let word = Word(u64::from_le_bytes(bytes));
                let found: Vec<_> = Matches::of(word, byte).collect();
                let expected: Vec<_> = (0..8).filter(|cell| bytes[*cell] == byte).collect();
                assert_eq!(found, expected);
            }
        }
    }
}
