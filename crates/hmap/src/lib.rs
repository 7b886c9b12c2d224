//! Go's bucketed map.

mod dump;
mod error;
mod float;
mod header;
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
