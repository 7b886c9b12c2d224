//! Chance: small, fast, good enough to be fair. Each thread (or goroutine) has its own.

use std::cell::Cell;

/// Steps from one state to the next; odd, hence all states come.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

thread_local! {
    /// The state; 0 before the first use.
    static STATE: Cell<u64> = const { Cell::new(0) };
}

/// A stream of numbers for one select.
pub(crate) struct Rng {
    state: u64,
    /// A random fraction of 2^64, of which numbers are taken like digits.
    fraction: u64,
    /// So many of its bits are good for more digits.
    bits: u32,
}

/// Bits taken from one fraction. The other half keeps the digits even.
const GOOD: u32 = 32;

impl Rng {
    /// The next stream of whoever runs here.
    pub(crate) fn new() -> Rng {
        let state = next_seed();
        Rng {
            state,
            fraction: mix(state),
            bits: GOOD,
        }
    }

    /// A number below `n`, each as likely as another (but for 2^-32 or less).
    #[inline(always)]
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        let need = u32::BITS - n.leading_zeros();
        if self.bits < need {
            self.state = self.state.wrapping_add(STEP);
            self.fraction = mix(self.state);
            self.bits = GOOD;
        }
        self.bits -= need;
        let digit = u128::from(self.fraction) * u128::from(n);
        self.fraction = digit as u64;
        (digit >> 64) as u32
    }
}

/// Not inlined: no address of a thread-local is kept across a park.
#[cfg(not(loom))]
#[inline(never)]
fn next_seed() -> u64 {
    STATE.with(|state| {
        let mut seed = state.get();
        if seed == 0 {
            seed = first_seed();
        }
        // Another step than inside a stream, so that streams do not run into each other.
        state.set(seed.wrapping_add(STEP.rotate_left(17) | 1).max(1));
        seed
    })
}

/// A model must run the same way each time.
#[cfg(loom)]
fn next_seed() -> u64 {
    let _ = (&STATE, first_seed);
    0
}

fn first_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(STEP) | 1
}

/// A bijection that leaves no bit where it was.
#[inline]
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_evenly() {
        let mut count = [0u32; 7];
        for _ in 0..1000 {
            let mut rng = Rng::new();
            for _ in 0..70 {
                count[rng.below(7) as usize] += 1;
            }
        }
        // 10 000 each expected; a standard deviation is 93.
        assert!(
            count.iter().all(|c| c.abs_diff(10_000) < 1_000),
            "{count:?}"
        );
    }
}
