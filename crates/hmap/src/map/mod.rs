//! [`HMap`] and its methods, by subject.

pub(crate) mod cursor;
mod drain;
mod entry;
mod entry_ref;
mod extract;
#[cfg(feature = "gc")]
mod gc;
mod into_iter;
mod iter;
mod look;
#[cfg(feature = "serde")]
mod serde;
mod traits;
mod write;

pub use cursor::Cursor;
pub use drain::Drain;
pub use entry::{Entry, OccupiedEntry, VacantEntry};
pub use entry_ref::{EntryRef, VacantEntryRef};
pub use extract::ExtractIf;
pub use into_iter::{IntoIter, IntoKeys, IntoValues};
pub use iter::{Iter, IterMut, Keys, Values, ValuesMut};

use crate::dump::Dump;
use crate::error::TryReserveError;
use crate::header::Header;
use crate::stats::Stats;
use ahash::RandomState;
use std::hash::{BuildHasher, Hash};

/// A hash map that never stalls: it grows and shrinks a little with each write.
///
/// It takes the place of `std::collections::HashMap`: same methods, same traits. What it adds are
/// Go's: [nil maps](HMap::nil), [walks during which the map may change](HMap::cursor),
/// [a look inside](HMap::stats). The [crate's page](crate) says what an operation costs at worst.
///
/// ```
/// use gompa_hmap::HMap;
///
/// let mut visits = HMap::new();
/// for name in ["rob", "ken", "rob"] {
///     *visits.entry(name).or_insert(0) += 1;
/// }
/// assert_eq!(visits["rob"], 2);
/// assert_eq!(visits.get("robert"), None);
/// ```
pub struct HMap<K, V, S = RandomState> {
    pub(crate) header: Header<K, V>,
    pub(crate) hasher: S,
    /// Makes another hasher when the map has become empty; if the map has made the first itself.
    reseed: Option<fn(&mut S)>,
}

impl<K, V> HMap<K, V> {
    /// An empty map, with a hasher seeded from the system. Allocates nothing.
    pub fn new() -> Self {
        HMap::default()
    }

    /// An empty map with room for `capacity` entries. A capacity that there can be no memory for is
    /// ignored, as in Go. The map will not shrink below it by itself.
    pub fn with_capacity(capacity: usize) -> Self {
        HMap {
            header: Header::with_hint(capacity),
            ..HMap::default()
        }
    }

    /// An empty map whose hashes and whose order of iteration are always the same for a seed. For
    /// tests; whoever knows the seed can choose keys that collide.
    pub fn with_seed(seed: u64) -> Self {
        let mut state = seed;
        let [a, b, c, d] = std::array::from_fn(|_| {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            crate::header::scramble(state)
        });
        let mut map = HMap::with_hasher(RandomState::with_seeds(a, b, c, d));
        map.header.seed(a ^ seed);
        map
    }
}

impl<K, V, S> HMap<K, V, S> {
    /// An empty map that hashes with `hasher`. The low bits of its hashes choose the bucket, the top
    /// eight are compared first: both should be good.
    pub const fn with_hasher(hasher: S) -> Self {
        HMap {
            header: Header::new(),
            hasher,
            reseed: None,
        }
    }

    /// As [`HMap::with_capacity`] and [`HMap::with_hasher`].
    pub fn with_capacity_and_hasher(capacity: usize, hasher: S) -> Self {
        HMap {
            header: Header::with_hint(capacity),
            hasher,
            reseed: None,
        }
    }

    /// Go's nil map: reading it finds nothing, removing does nothing, inserting panics with
    /// `assignment to entry in nil map`.
    ///
    /// ```
    /// use gompa_hmap::HMap;
    ///
    /// let mut map = HMap::<String, u32>::nil();
    /// assert!(map.is_nil() && map.is_empty());
    /// assert_eq!(map.get("a"), None);
    /// assert_eq!(map.remove("a"), None);
    /// ```
    pub fn nil() -> Self
    where
        S: Default,
    {
        HMap {
            header: Header::nil(),
            hasher: S::default(),
            reseed: None,
        }
    }

    /// Whether this is the nil map. A map that has been emptied is not.
    pub fn is_nil(&self) -> bool {
        self.header.is_nil()
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.header.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries there may be before the map grows again; while it grows, afterwards.
    pub fn capacity(&self) -> usize {
        self.header.capacity()
    }

    /// The hasher.
    pub fn hasher(&self) -> &S {
        &self.hasher
    }

    /// Removes all entries, and keeps the buckets. Takes time in proportion to the buckets.
    pub fn clear(&mut self) {
        self.header.clear();
        self.renew();
    }

    /// Counts of the structure: buckets, overflow buckets, how far growth has come.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.header)
    }

    /// What is in the buckets, to print with `{:?}` or to look through.
    pub fn dump(&self) -> Dump<'_, K, V> {
        Dump::of(&self.header)
    }

    /// A map that has become empty gets another seed.
    fn renew(&mut self) {
        let stale = self.header.is_stale();
        if stale {
            self.header.freshen();
        }
        // One bucket has no collisions to choose, unless it is what is left of more.
        if let Some(reseed) = self.reseed
            && (stale || self.header.table.bits() > 0)
        {
            reseed(&mut self.hasher);
        }
    }

    /// As [`HMap::renew`], if the map has been emptied by what does not have the hasher: an entry, or
    /// the iterators that take entries out. Returns whether it has been.
    #[inline]
    fn renew_if_stale(&mut self) -> bool {
        let stale = self.header.is_stale();
        if stale {
            self.renew();
        }
        stale
    }
}

impl<K: Eq + Hash, V, S: BuildHasher> HMap<K, V, S> {
    /// Sees to it that there is room for `additional` more entries. The map grows to it with the
    /// writes that follow; the call itself moves nothing. A number that there can be no memory for is
    /// ignored, as a hint to Go's `make`; [`HMap::try_reserve`] says so.
    pub fn reserve(&mut self, additional: usize) {
        let _ = self.try_reserve(additional);
    }

    /// As [`HMap::reserve`], but says if it cannot be.
    ///
    /// # Errors
    /// If there is no memory for so many entries. Nothing has changed then.
    pub fn try_reserve(&mut self, additional: usize) -> Result<(), TryReserveError> {
        self.header
            .reserve(additional, true)
            .map_err(TryReserveError::from)
    }

    /// Begins to shrink the map to what its entries need. Entries move with the writes that follow;
    /// memory comes back as they do.
    pub fn shrink_to_fit(&mut self) {
        self.shrink_to(0);
    }

    /// As [`HMap::shrink_to_fit`], but leaves room for `min_capacity` entries.
    pub fn shrink_to(&mut self, min_capacity: usize) {
        self.header.shrink_to(min_capacity);
    }
}
