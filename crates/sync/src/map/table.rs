//! A shard's table: pointers to entries, found by linear probing.
//!
//! ```text
//!  slot (64 bits)
//!  63      48 47                                                0
//! +----------+---------------------------------------------------+
//! | tag      | address of the entry; 0 empty, 1 deleted           |
//! +----------+---------------------------------------------------+
//!  tag: the upper 16 bits of the entry's hash, so that a probe passes others without touching them
//!
//!  entry:  hash | key | value      never changed: a new value is a new entry
//! ```
//!
//! Readers probe without a lock; writers hold the shard's. A present key stays in its slot as long as
//! the table is in use, so whoever looks for it finds it. A table that has too few free slots is
//! replaced by another one; readers that are in it find what was there when it was replaced.

use gompa_park::sync::atomic::AtomicPtr;
use gompa_park::sync::atomic::Ordering::SeqCst;
use std::marker::PhantomData;
use std::ptr;

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry<K, V> {
    pub(super) hash: u64,
    pub(super) key: K,
    pub(super) value: V,
}

#[derive(Debug)]
pub(super) struct Table<K, V> {
    /// A power of two of them.
    slots: Box<[AtomicPtr<u8>]>,
    _entries: PhantomData<*mut Entry<K, V>>,
}

/// The lowest bit of the tag.
const TAG: u32 = 48;
const ADDRESS: usize = (1 << TAG) - 1;
const DELETED: usize = 1;

/// What is in a slot.
#[derive(Clone, Copy)]
pub(super) enum Slot<K, V> {
    Empty,
    Deleted,
    Entry { tag: u64, entry: *mut Entry<K, V> },
}

/// Where a key is, or could be put.
pub(super) enum Found<K, V> {
    At(usize, *mut Entry<K, V>),
    /// The slot for it, and whether it is one that was never used.
    Absent(usize, bool),
}

impl<K, V> Table<K, V> {
    /// A table with room for `n` at three eighths full.
    pub(super) fn with_room(n: usize) -> Table<K, V> {
        let len = (n * 8 / 3 + 1).next_power_of_two().max(8);
        Table {
            slots: (0..len).map(|_| AtomicPtr::new(ptr::null_mut())).collect(),
            _entries: PhantomData,
        }
    }

    /// How many slots may be used (by entries or deleted ones) before it is to be replaced: three
    /// quarters. So a probe always comes to an end.
    pub(super) fn limit(&self) -> usize {
        self.slots.len() / 4 * 3
    }

    #[inline]
    pub(super) fn load(&self, i: usize) -> Slot<K, V> {
        let slot = self.slots[i].load(SeqCst);
        match slot.addr() {
            0 => Slot::Empty,
            DELETED => Slot::Deleted,
            bits => Slot::Entry {
                tag: (bits as u64) >> TAG,
                entry: slot.map_addr(|bits| bits & ADDRESS).cast(),
            },
        }
    }

    fn tagged(entry: *mut Entry<K, V>, hash: u64) -> *mut u8 {
        assert_eq!(
            entry.addr() & !ADDRESS,
            0,
            "an address of more than 48 bits"
        );
        entry
            .cast::<u8>()
            .map_addr(|bits| bits | (hash >> TAG << TAG) as usize)
    }

    /// Puts an entry into a slot. Under the shard's lock.
    pub(super) fn put(&self, i: usize, entry: *mut Entry<K, V>, hash: u64) {
        self.slots[i].store(Self::tagged(entry, hash), SeqCst);
    }

    /// Empties a slot; whether it can be used as if it never had been. Under the shard's lock.
    pub(super) fn delete(&self, i: usize) -> bool {
        let next = self.load((i + 1) & (self.slots.len() - 1));
        // Nobody has probed past it, nor need do so.
        let last = matches!(next, Slot::Empty);
        let bits = if last { 0 } else { DELETED };
        self.slots[i].store(ptr::without_provenance_mut(bits), SeqCst);
        last
    }

    /// Looks for the entry with this hash that `is` the one.
    ///
    /// # Safety
    /// 1. The entries in the table are not freed meanwhile: the caller is a reader of the map, or
    ///    holds the shard's lock.
    #[inline]
    pub(super) unsafe fn find(&self, hash: u64, mut is: impl FnMut(&K) -> bool) -> Found<K, V> {
        let mask = self.slots.len() - 1;
        let mut i = hash as usize & mask;
        let mut deleted = None;
        loop {
            match self.load(i) {
                Slot::Empty => {
                    return Found::Absent(deleted.unwrap_or(i), deleted.is_none());
                }
                Slot::Deleted => deleted = deleted.or(Some(i)),
                // SAFETY: duty 1.
                Slot::Entry { tag, entry } if tag == hash >> TAG => unsafe {
                    if (*entry).hash == hash && is(&(*entry).key) {
                        return Found::At(i, entry);
                    }
                },
                Slot::Entry { .. } => {}
            }
            i = (i + 1) & mask;
        }
    }

    /// All entries.
    pub(super) fn entries(&self) -> impl Iterator<Item = *mut Entry<K, V>> {
        (0..self.slots.len()).filter_map(|i| match self.load(i) {
            Slot::Entry { entry, .. } => Some(entry),
            _ => None,
        })
    }

    /// Another table with room for `n`, and the entries of this one.
    ///
    /// # Safety
    /// 1. The caller holds the shard's lock.
    pub(super) unsafe fn replacement(&self, n: usize) -> Table<K, V> {
        let table = Table::with_room(n);
        let mask = table.slots.len() - 1;
        for entry in self.entries() {
            // SAFETY: entries in the table are live under the lock.
            let hash = unsafe { (*entry).hash };
            let mut i = hash as usize & mask;
            while !matches!(table.load(i), Slot::Empty) {
                i = (i + 1) & mask;
            }
            table.put(i, entry, hash);
        }
        table
    }
}
