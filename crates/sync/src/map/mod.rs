//! [`Map`]: a map for many at once.

mod domain;
mod shard;
mod table;

use crate::stripe;
use ahash::RandomState;
use crossbeam_utils::CachePadded;
use domain::Domain;
use shard::{Shard, Writer};
use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use table::{Entry, Found};

/// A map that many use at the same time: Go's `sync.Map`.
///
/// Reading takes no lock and never waits, whatever others do. Writing takes the lock of one part of
/// the map; a goroutine that must wait for it parks. A read sees each write that returned before it
/// began, and all that happened before that write.
///
/// Values are handed out as clones: share what is big in an `Arc`, or look at it in place
/// ([`view`](Self::view)). What is replaced or deleted is dropped by the writer before it returns,
/// unless somebody reads in the map at that very moment: then by one of the writers to come, or with
/// the map.
///
/// ```
/// let ages = gompa_sync::Map::new();
/// ages.store("Ada", 36);
/// assert_eq!(ages.load("Ada"), Some(36));
/// assert_eq!(ages.load_or_store("Ada", 40), (36, true));
/// assert!(ages.compare_and_swap("Ada", &36, 37));
/// ages.range(|name, age| {
///     println!("{name} is {age}");
///     true
/// });
/// ```
///
/// # Foreign code
/// A value is cloned and dropped, and the function of `range` runs, without a lock: they may use the
/// map. Keys are compared, and `compare_and_` values, under the lock of a part: their `Eq` must not
/// write to the same map, which would wait for itself. Whoever stays in a `Clone` keeps what is
/// replaced meanwhile from being freed.
///
/// # Limits
/// An empty map takes some kilobytes. A part that grows copies its table, which stops its writers,
/// not its readers; there are 16 parts or more.
pub struct Map<K, V, S = RandomState> {
    hasher: S,
    /// A power of two of them.
    shards: Box<[CachePadded<Shard<K, V>>]>,
    domain: Domain,
}

// SAFETY: keys and values move in, and are dropped, on any thread (Send); readers share them (Sync).
// All that is shared is guarded by the shards' locks or the domain.
unsafe impl<K: Send + Sync, V: Send + Sync, S: Send> Send for Map<K, V, S> {}
// SAFETY: as above.
unsafe impl<K: Send + Sync, V: Send + Sync, S: Sync> Sync for Map<K, V, S> {}

/// Which bits of a hash choose the shard: neither those that choose the slot nor the tag.
const SHARD: u32 = 40;

impl<K: Hash + Eq, V> Map<K, V> {
    /// An empty map.
    pub fn new() -> Map<K, V> {
        Map::with_hasher(RandomState::new())
    }
}

impl<K: Hash + Eq, V, S: BuildHasher> Map<K, V, S> {
    /// An empty map whose keys are hashed by `hasher`. All 64 bits are used.
    pub fn with_hasher(hasher: S) -> Map<K, V, S> {
        let shards = (stripe::count() * 4).clamp(16, 128);
        Map {
            hasher,
            shards: (0..shards)
                .map(|_| CachePadded::new(Shard::new()))
                .collect(),
            domain: Domain::new(),
        }
    }

    #[inline]
    fn shard(&self, hash: u64) -> &Shard<K, V> {
        &self.shards[(hash >> SHARD) as usize & (self.shards.len() - 1)]
    }

    fn lock(&self, hash: u64) -> Writer<'_, K, V> {
        self.shard(hash).lock(&self.domain)
    }

    fn hash<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }

    fn entry(&self, key: K, value: V) -> Box<Entry<K, V>> {
        let hash = self.hash(&key);
        Box::new(Entry { hash, key, value })
    }

    /// Calls `f` with the value of `key` in its place, if there is one.
    #[inline]
    pub fn view<Q, R>(&self, key: &Q, f: impl FnOnce(&V) -> R) -> Option<R>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let _reader = self.domain.enter();
        // SAFETY: we are in, until the end.
        unsafe {
            match self.shard(hash).table().find(hash, |k| k.borrow() == key) {
                Found::At(_, entry) => Some(f(&(*entry).value)),
                Found::Absent(..) => None,
            }
        }
    }

    /// Whether there is a value for `key`.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.view(key, |_| ()).is_some()
    }

    /// Sets the value of `key`.
    pub fn store(&self, key: K, value: V) {
        let entry = self.entry(key, value);
        let mut writer = self.lock(entry.hash);
        match writer.find(entry.hash, |k| *k == entry.key) {
            Found::At(i, old) => {
                writer.put_in_place(i, entry);
                writer.retire_entry(old);
            }
            Found::Absent(i, unused) => writer.insert(i, unused, entry),
        }
    }

    /// Deletes `key`.
    pub fn delete<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.delete_if(key, |_| true);
    }

    /// Deletes `key` if `condition` holds for its value; whether it did.
    fn delete_if<Q>(&self, key: &Q, condition: impl FnOnce(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let mut writer = self.lock(hash);
        match writer.find(hash, |k| k.borrow() == key) {
            // SAFETY: live under the lock.
            Found::At(i, old) if condition(unsafe { &(*old).value }) => {
                writer.take_out(i);
                writer.retire_entry(old);
                true
            }
            _ => false,
        }
    }

    /// Deletes `key` if its value is `old`; whether it did.
    pub fn compare_and_delete<Q>(&self, key: &Q, old: &V) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: PartialEq,
    {
        self.delete_if(key, |value| value == old)
    }

    /// Sets the value of `key` to `new` if it is `old`; whether it did. The key is cloned.
    pub fn compare_and_swap<Q>(&self, key: &Q, old: &V, new: V) -> bool
    where
        K: Borrow<Q> + Clone,
        Q: Hash + Eq + ?Sized,
        V: PartialEq,
    {
        let hash = self.hash(key);
        let mut writer = self.lock(hash);
        let Found::At(i, found) = writer.find(hash, |k| k.borrow() == key) else {
            return false;
        };
        // SAFETY: live under the lock.
        let entry = unsafe { &*found };
        if entry.value != *old {
            return false;
        }
        let key = entry.key.clone();
        writer.put_in_place(
            i,
            Box::new(Entry {
                hash,
                key,
                value: new,
            }),
        );
        writer.retire_entry(found);
        true
    }

    /// Calls `f` for each key and its value, until it returns false.
    ///
    /// Each key comes at most once. It is no snapshot: of what others (or `f`) change meanwhile it
    /// may show any state since the call began. `f` may call any method of the map.
    pub fn range(&self, mut f: impl FnMut(&K, &V) -> bool) {
        for shard in &self.shards {
            let _reader = self.domain.enter();
            let entries: Vec<_> = shard.lock(&self.domain).table().entries().collect();
            for entry in entries {
                // SAFETY: we are in since before it was in the table, and it was there.
                let entry = unsafe { &*entry };
                if !f(&entry.key, &entry.value) {
                    return;
                }
            }
        }
    }

    /// Deletes all keys. Those that come meanwhile may stay.
    pub fn clear(&self) {
        for shard in &self.shards {
            shard.lock(&self.domain).clear();
        }
    }
}

impl<K: Hash + Eq, V: Clone, S: BuildHasher> Map<K, V, S> {
    /// The value of `key`.
    #[inline]
    pub fn load<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.view(key, V::clone)
    }

    /// The value of `key`, after it was set to `value` if there was none; and whether there was one.
    pub fn load_or_store(&self, key: K, value: V) -> (V, bool) {
        if let Some(value) = self.load(&key) {
            return (value, true);
        }
        let stored = value.clone();
        let entry = self.entry(key, value);
        let _reader = self.domain.enter();
        let mut writer = self.lock(entry.hash);
        match writer.find(entry.hash, |k| *k == entry.key) {
            Found::At(_, found) => {
                drop(writer);
                // SAFETY: we are in since before it could be unlinked.
                (unsafe { &(*found).value }.clone(), true)
            }
            Found::Absent(i, unused) => {
                writer.insert(i, unused, entry);
                (stored, false)
            }
        }
    }

    /// Deletes `key`; the value it had.
    pub fn load_and_delete<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hash(key);
        let mut writer = self.lock(hash);
        match writer.find(hash, |k| k.borrow() == key) {
            Found::At(i, old) => {
                writer.take_out(i);
                Some(writer.leave_with(old).into_value())
            }
            Found::Absent(..) => None,
        }
    }

    /// Sets the value of `key`; the one before.
    pub fn swap(&self, key: K, value: V) -> Option<V> {
        let entry = self.entry(key, value);
        let mut writer = self.lock(entry.hash);
        match writer.find(entry.hash, |k| *k == entry.key) {
            Found::At(i, old) => {
                writer.put_in_place(i, entry);
                Some(writer.leave_with(old).into_value())
            }
            Found::Absent(i, unused) => {
                writer.insert(i, unused, entry);
                None
            }
        }
    }
}

impl<K: Hash + Eq, V, S: BuildHasher + Default> Default for Map<K, V, S> {
    fn default() -> Self {
        Map::with_hasher(S::default())
    }
}

impl<K: Hash + Eq + fmt::Debug, V: fmt::Debug, S: BuildHasher> fmt::Debug for Map<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_map();
        self.range(|key, value| {
            shown.entry(key, value);
            true
        });
        shown.finish()
    }
}
