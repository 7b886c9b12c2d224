//! What the workloads ask of a map.

use std::hash::BuildHasher;

/// A map of numbers.
pub trait Ints {
    fn make() -> Self;
    fn insert(&mut self, key: u64, value: u64);
    fn get(&self, key: u64) -> Option<u64>;
    fn remove(&mut self, key: u64);
    fn len(&self) -> usize;
    /// The sums of keys and of values, by iteration.
    fn sum(&self) -> (u64, u64);
}

/// A map of strings.
pub trait Strings {
    fn make() -> Self;
    fn insert(&mut self, key: String, value: u64);
    fn get(&self, key: &str) -> Option<u64>;
}

macro_rules! contender {
    ($($map:ident)::+, $remove:ident, $($bound:tt)+) => {
        impl<S: $($bound)+> Ints for $($map)::+<u64, u64, S> {
            fn make() -> Self {
                Self::with_hasher(S::default())
            }
            #[inline]
            fn insert(&mut self, key: u64, value: u64) {
                self.insert(key, value);
            }
            #[inline]
            fn get(&self, key: u64) -> Option<u64> {
                self.get(&key).copied()
            }
            #[inline]
            fn remove(&mut self, key: u64) {
                self.$remove(&key);
            }
            fn len(&self) -> usize {
                self.len()
            }
            fn sum(&self) -> (u64, u64) {
                let (mut keys, mut values) = (0_u64, 0);
                for (key, value) in self {
                    keys = keys.wrapping_add(*key);
                    values += value;
                }
                (keys, values)
            }
        }

        impl<S: $($bound)+> Strings for $($map)::+<String, u64, S> {
            fn make() -> Self {
                Self::with_hasher(S::default())
            }
            #[inline]
            fn insert(&mut self, key: String, value: u64) {
                self.insert(key, value);
            }
            #[inline]
            fn get(&self, key: &str) -> Option<u64> {
                self.get(key).copied()
            }
        }
    };
}

contender!(gompa_hmap::HMap, remove, BuildHasher + Default);
contender!(hashbrown::HashMap, remove, BuildHasher + Default);
contender!(std::collections::HashMap, remove, BuildHasher + Default);
contender!(griddle::HashMap, remove, BuildHasher + Default + Clone);
contender!(indexmap::IndexMap, swap_remove, BuildHasher + Default);
