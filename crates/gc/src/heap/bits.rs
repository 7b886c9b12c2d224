//! A bitmap with one bit for each granule of the region.

use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// See the [module](self). All accesses are atomic and relaxed: what a bit guards is published by
/// other means (a span changes hands through locks, the end of a cycle through a handshake).
#[derive(Clone, Copy)]
pub(crate) struct Bits(NonNull<AtomicU64>);

impl Bits {
    /// # Safety
    /// 1. `words` is as long as the region needs, stays for the life of the process, and is used
    ///    through bitmaps only.
    pub(crate) unsafe fn new(words: NonNull<AtomicU64>) -> Bits {
        Bits(words)
    }

    #[inline]
    fn word(&self, i: usize) -> &AtomicU64 {
        // SAFETY: granules are those of the region (`new`, 1).
        unsafe { self.0.add(i / 64).as_ref() }
    }

    /// The address of the word of bit `i`, to fetch it ahead.
    #[inline]
    pub(crate) fn address(&self, i: usize) -> *const u8 {
        std::ptr::from_ref(self.word(i)).cast()
    }

    #[inline]
    pub(crate) fn get(&self, i: usize) -> bool {
        self.word(i).load(Relaxed) >> (i % 64) & 1 != 0
    }

    /// Sets bit `i`; whether it was clear.
    #[inline]
    pub(crate) fn set(&self, i: usize) -> bool {
        let (word, bit) = (self.word(i), 1 << (i % 64));
        word.load(Relaxed) & bit == 0 && word.fetch_or(bit, Relaxed) & bit == 0
    }

    #[inline]
    pub(crate) fn clear(&self, i: usize) {
        self.word(i).fetch_and(!(1 << (i % 64)), Relaxed);
    }

    /// Sets every `step`-th bit of `from..to`, beginning with `from`.
    pub(crate) fn set_every(&self, step: usize, from: usize, to: usize) {
        let mut i = from;
        while i < to {
            let word = i / 64;
            let mut bits = 0;
            while i < to && i / 64 == word {
                bits |= 1 << (i % 64);
                i += step;
            }
            self.word(word * 64).fetch_or(bits, Relaxed);
        }
    }

    /// Clears `from..to`, multiples of 64.
    pub(crate) fn zero(&self, from: usize, to: usize) {
        debug_assert!(from.is_multiple_of(64) && to.is_multiple_of(64));
        for i in (from..to).step_by(64) {
            let word = self.word(i);
            // Most are zero: leave their lines (and pages never touched) alone.
            if word.load(Relaxed) != 0 {
                word.store(0, Relaxed);
            }
        }
    }

    /// How many bits of `from..to`, multiples of 64, are set.
    pub(crate) fn count(&self, from: usize, to: usize) -> usize {
        let words = (from..to).step_by(64);
        words
            .map(|i| self.word(i).load(Relaxed).count_ones() as usize)
            .sum()
    }

    /// The first bit of `from..to` that is set, else `to`.
    pub(crate) fn next(&self, from: usize, to: usize) -> usize {
        let mut i = from;
        while i < to {
            let rest = self.word(i).load(Relaxed) >> (i % 64);
            if rest != 0 {
                return to.min(i + rest.trailing_zeros() as usize);
            }
            i = (i / 64 + 1) * 64;
        }
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LEN: usize = 256;

    fn table() -> Bits {
        let words: &'static [AtomicU64] = Box::leak(Box::new([const { AtomicU64::new(0) }; 4]));
        // SAFETY: leaked, and as long as the tests need.
        unsafe { Bits::new(NonNull::from(&words[0])) }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn as_a_set(set in prop::collection::btree_set(0..LEN, 0..80), from in 0..LEN, step in 1usize..40) {
            let bits = table();
            for i in &set {
                prop_assert!(bits.set(*i));
                prop_assert!(!bits.set(*i));
            }
            prop_assert_eq!(bits.count(0, LEN), set.len());
            prop_assert_eq!(bits.next(from, LEN), *set.range(from..).next().unwrap_or(&LEN));
            prop_assert!((0..LEN).all(|i| bits.get(i) == set.contains(&i)));
            bits.set_every(step, from, LEN);
            let both = |i| set.contains(&i) || i >= from && (i - from) % step == 0;
            prop_assert!((0..LEN).all(|i| bits.get(i) == both(i)));
            bits.clear(from);
            prop_assert!(!bits.get(from));
            bits.zero(64, 192);
            prop_assert_eq!(bits.count(64, 192), 0);
            prop_assert_eq!(bits.count(192, LEN), (192..LEN).filter(|i| both(*i) && *i != from).count());
        }
    }
}
