//! Maps: a workload a file. All contenders draw the same keys and shuffle them alike.

pub mod delete;
pub mod insert;
pub mod iter;
pub mod look_up;
pub mod strings;

use gompa::hmap::HMap;

/// Entries of the large map.
pub const LARGE: u64 = 8_000_000;
/// Entries of the small one, which stays in the caches.
pub const SMALL: u64 = 1000;
/// Look-ups in the small one.
pub const SMALL_LOOKUPS: u64 = 20_000_000;

/// The generator that all contenders draw their keys from.
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next number.
    #[inline]
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// So many keys.
pub fn keys(count: u64, seed: u64) -> Vec<u64> {
    let mut random = SplitMix(seed);
    (0..count).map(|_| random.draw()).collect()
}

/// In the order that all contenders shuffle to.
pub fn shuffle<T>(items: &mut [T]) {
    let mut random = SplitMix(7);
    for i in (1..items.len()).rev() {
        items.swap(i, (random.draw() % (i as u64 + 1)) as usize);
    }
}

/// Keys of seed 1, each to its number.
pub fn filled(count: u64) -> HMap<u64, u64> {
    let mut map = HMap::new();
    let mut random = SplitMix(1);
    for n in 0..count {
        map.insert(random.draw(), n);
    }
    map
}

/// The sum of the numbers below `count`, `rounds` times.
pub fn sum_below(count: u64, rounds: u64) -> u64 {
    rounds * (count * (count - 1) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_those_of_all_contenders() {
        assert_eq!(
            keys(2, 1),
            [10_451_216_379_200_822_465, 13_757_245_211_066_428_519]
        );
    }
}
