//! Go's bucketed map: a hash map that grows, and shrinks, a little with each write.
//!
//! [`HMap`] takes the place of `std::collections::HashMap`: change the import. What changes with it:
//! no single insertion or removal rehashes the map, and none waits for a large table to be filled with
//! zeroes or freed.
//!
//! ```
//! use gompa_hmap::HMap;
//!
//! let mut map = HMap::new();
//! for n in 0..1000_u64 {
//!     map.insert(n, n * n);
//! }
//! assert_eq!(map[&31], 961);
//!
//! // Go's range: the map may change on the way.
//! let mut cursor = map.cursor();
//! while let Some((key, _)) = cursor.next() {
//!     let key = *key;
//!     if key % 2 == 1 {
//!         cursor.remove(&key);
//!     }
//! }
//! assert_eq!(map.len(), 500);
//! ```
//!
//! # What an operation costs at worst
//! | operation | entries it moves |
//! |---|---|
//! | insertion, removal while the map grows | those of two chains: buckets of eight and their overflow buckets, some twenty entries |
//! | the same while it shrinks | eight, and what else is in the last one's chains |
//! | `reserve`, `shrink_to`, `shrink_to_fit`, `retain`, `extract_if` | none: growing and shrinking begin, and go on with the writes that follow |
//! | `extend` | as its insertions |
//! | `clone` | copies all, and hashes none; what was growing is growing in the copy |
//! | `clear`, drop | all are dropped; buckets are emptied |
//!
//! Chains are short as long as hashes are good: 6.5 entries a bucket is the most on average. Keys that
//! all collide make one chain, in which each operation takes time in proportion to it, as does the
//! write that moves it. Against keys chosen to collide there is the default hasher, ahash with a seed
//! from the system for each map, and another one when a map has become empty; std's SipHash can be
//! used instead: `HMap<K, V, std::hash::RandomState>`.
//!
//! Tables of a megabyte and more are mappings of their own. Their pages are provided by the system as
//! they are touched, and given back in slices of 16 KiB as entries move out, also when the map shrinks.
//! They are small ones: to fill a huge page with zeroes takes long.
//!
//! # Growing and shrinking
//! A map doubles when there are more than 6.5 entries a bucket, and is made anew at the same size when
//! there are about as many overflow buckets as others. It shrinks to a quarter of the buckets when
//! fewer than one entry is left for two, from 1024 buckets on; not below what was asked for with
//! [`HMap::with_capacity`] or [`HMap::reserve`], until [`HMap::shrink_to`] is called. Up to
//! 2^15 buckets growth goes step by step as in Go 1.23; above, writes evacuate in turn only.
//!
//! # Panics of keys and values
//! `Hash` is called before anything moves; `Drop` after the map is whole again; `Eq` never on a key
//! that has moved. A panic in any of them leaves a map that works, with nothing lost: but for a clone
//! that is not finished, and `clear`, which drops the rest.
//!
//! # Limits
//! - An entry's place is in its bucket: for large values put a `Box` in the map. A map of one entry
//!   has room for eight.
//! - There are at most 2^32 overflow buckets in a table.
//! - Sizes are those of addresses: more than 2^32 entries are no different from fewer.
//! - Elsewhere than on Linux on x86-64 tables come from the allocator, and are zeroed and freed as a whole.
//!
//! # Features
//! - `serde`: serialisation of maps and of [`Float`].
//! - `gc`: a map may be a part of an object in the collected heap, with keys and values that point
//!   there; it is filled before. One that goroutines change there is `gompa_gc::Map`.
//!
//! # Rooms
//! `raw` has the unsafe code and one invariant; `header` is the map of unhashed keys, with the
//! protocols of growth told in `src/header/README.md`; `map` is std's face of it, and the cursor.

mod dump;
mod error;
mod float;
mod header;
pub mod hooks;
mod map;
mod raw;
mod stats;
mod word;

pub use dump::{Bucket, Dump};
pub use error::TryReserveError;
pub use float::Float;
pub use map::{
    Cursor, Drain, Entry, EntryRef, ExtractIf, HMap, IntoIter, IntoKeys, IntoValues, Iter, IterMut,
    Keys, OccupiedEntry, VacantEntry, VacantEntryRef, Values, ValuesMut,
};
pub use stats::{Growth, Stats};

/// What maps hash with unless told otherwise: fast, seeded from the system. `std`'s `RandomState`
/// (SipHash) can take its place, and is slower and better studied.
pub use ahash::RandomState;
