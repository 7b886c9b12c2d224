//! One of the parts of a map: its table, its lock, and what waits to be freed.

use super::domain::Domain;
use super::table::{Entry, Found, Table};
use crate::mutex::{Mutex, MutexGuard};
use gompa_park::sync::atomic::AtomicPtr;
use gompa_park::sync::atomic::Ordering::SeqCst;
use std::collections::VecDeque;
use std::mem::ManuallyDrop;

pub(super) struct Shard<K, V> {
    /// The table in use. Written under the lock.
    table: AtomicPtr<Table<K, V>>,
    books: Mutex<Books<K, V>>,
}

/// What only writers know.
struct Books<K, V> {
    /// Entries in the table.
    live: usize,
    /// Slots of the table that are not empty.
    used: usize,
    /// What has been unlinked, with its stamps, oldest first.
    unlinked: VecDeque<(u64, Garbage<K, V>)>,
}

/// What is to be freed when nobody can see it any more. Frees it when dropped.
pub(super) struct Garbage<K, V>(Piece<K, V>);

enum Piece<K, V> {
    Entry(*mut Entry<K, V>),
    /// Without its entries.
    Table(*mut Table<K, V>),
}

impl<K, V> Drop for Garbage<K, V> {
    fn drop(&mut self) {
        // SAFETY: both were made by `Box::into_raw`, and unlinked once. Whoever drops this knows
        // that nobody can see them.
        unsafe {
            match self.0 {
                Piece::Entry(entry) => drop(Box::from_raw(entry)),
                Piece::Table(table) => drop(Box::from_raw(table)),
            }
        }
    }
}

/// Whether so much waits to be freed that it should be looked whether it may be. To look takes the
/// readers' counters away from them for a moment, so with several it is done more and more seldom,
/// until there is much.
fn worth_looking(waiting: usize) -> bool {
    const MUCH: usize = 16;
    waiting.is_power_of_two() || waiting > MUCH
}

impl<K, V> Shard<K, V> {
    pub(super) fn new() -> Shard<K, V> {
        Shard {
            table: AtomicPtr::new(Box::into_raw(Box::new(Table::with_room(0)))),
            books: Mutex::new(Books {
                live: 0,
                used: 0,
                unlinked: VecDeque::new(),
            }),
        }
    }

    /// The table in use.
    ///
    /// # Safety
    /// 1. The caller is a reader of the map, for as long as it uses the reference, or holds the lock.
    #[inline]
    pub(super) unsafe fn table(&self) -> &Table<K, V> {
        // SAFETY: a table that has been replaced is freed only when no reader can see it, and it is
        // replaced under the lock.
        unsafe { &*self.table.load(SeqCst) }
    }

    /// Takes the lock, for a change.
    pub(super) fn lock<'a>(&'a self, domain: &'a Domain) -> Writer<'a, K, V> {
        Writer {
            shard: self,
            domain,
            unseen: None,
            books: Some(self.books.lock()),
        }
    }
}

impl<K, V> Drop for Shard<K, V> {
    fn drop(&mut self) {
        // SAFETY: borrowed mutably: nobody else is here. What is unlinked is in no table.
        unsafe {
            let table = Box::from_raw(self.table.load(SeqCst));
            let entries: Vec<_> = table.entries().map(|e| Garbage(Piece::Entry(e))).collect();
            drop(entries);
        }
    }
}

/// Somebody who changes a shard. What may be freed by now is freed when the lock has been left.
pub(super) struct Writer<'a, K, V> {
    shard: &'a Shard<K, V>,
    domain: &'a Domain,
    /// What nobody could see any more when it was unlinked: the usual case.
    unseen: Option<Garbage<K, V>>,
    /// `None` while this is dropped.
    books: Option<MutexGuard<'a, Books<K, V>>>,
}

impl<'a, K, V> Writer<'a, K, V> {
    fn books(&mut self) -> &mut Books<K, V> {
        self.books.as_mut().expect("not dropped yet")
    }

    /// The table.
    pub(super) fn table(&self) -> &Table<K, V> {
        // SAFETY: 1. we hold the lock.
        unsafe { self.shard.table() }
    }

    /// Looks for a key.
    pub(super) fn find(&self, hash: u64, is: impl FnMut(&K) -> bool) -> Found<K, V> {
        // SAFETY: 1. we hold the lock.
        unsafe { self.table().find(hash, is) }
    }

    /// Puts a new key into a slot that `find` has named.
    pub(super) fn insert(&mut self, i: usize, unused: bool, entry: Box<Entry<K, V>>) {
        let hash = entry.hash;
        self.table().put(i, Box::into_raw(entry), hash);
        let books = self.books();
        books.live += 1;
        books.used += usize::from(unused);
        if self.books().used > self.table().limit() {
            self.rebuild();
        }
    }

    /// Puts another entry with the same key into the slot `i`. What was there is to be retired.
    pub(super) fn put_in_place(&mut self, i: usize, new: Box<Entry<K, V>>) {
        let hash = new.hash;
        self.table().put(i, Box::into_raw(new), hash);
    }

    /// Takes the entry in slot `i` out. It is to be retired.
    pub(super) fn take_out(&mut self, i: usize) {
        let free = self.table().delete(i);
        let books = self.books();
        books.live -= 1;
        books.used -= usize::from(free);
    }

    /// What was in a slot until just now is to be freed.
    pub(super) fn retire_entry(&mut self, old: *mut Entry<K, V>) {
        self.retire(Piece::Entry(old));
    }

    /// Takes all out.
    pub(super) fn clear(&mut self) {
        let entries: Vec<_> = self.table().entries().collect();
        self.change_table(Table::with_room(0));
        let books = self.books();
        (books.live, books.used) = (0, 0);
        for entry in entries {
            self.retire(Piece::Entry(entry));
        }
    }

    /// A table with more room, or without the deleted slots.
    #[cold]
    fn rebuild(&mut self) {
        let live = self.books().live;
        // SAFETY: 1. we hold the lock.
        let table = unsafe { self.table().replacement(live) };
        self.change_table(table);
        self.books().used = live;
    }

    fn change_table(&mut self, table: Table<K, V>) {
        let old = self
            .shard
            .table
            .swap(Box::into_raw(Box::new(table)), SeqCst);
        self.retire(Piece::Table(old));
    }

    /// Something has been unlinked.
    fn retire(&mut self, piece: Piece<K, V>) {
        let garbage = Garbage(piece);
        if self.unseen.is_none() && self.books().unlinked.is_empty() && self.domain.is_quiet() {
            self.unseen = Some(garbage);
            return;
        }
        let stamp = self.domain.stamp();
        self.books().unlinked.push_back((stamp, garbage));
    }

    /// Leaves the lock with what was in a slot until just now.
    pub(super) fn leave_with(self, old: *mut Entry<K, V>) -> Unlinked<'a, K, V> {
        Unlinked {
            shard: self.shard,
            domain: self.domain,
            entry: old,
        }
    }

    /// Takes what may be freed by now, if it is worth looking.
    fn collect(&mut self) -> Vec<(u64, Garbage<K, V>)> {
        let domain = self.domain;
        let unlinked = &mut self.books().unlinked;
        if !worth_looking(unlinked.len()) {
            return Vec::new();
        }
        let Some(safe) = domain.safe() else {
            return Vec::new();
        };
        let n = unlinked.partition_point(|(stamp, _)| *stamp <= safe);
        unlinked.drain(..n).collect()
    }
}

impl<K, V> Drop for Writer<'_, K, V> {
    fn drop(&mut self) {
        let garbage = self.collect();
        // Destructors run without the lock.
        drop(self.books.take());
        drop(garbage);
        self.unseen = None;
    }
}

/// An entry that nobody finds any more, though readers may still look at it. Retired when dropped.
pub(super) struct Unlinked<'a, K, V> {
    shard: &'a Shard<K, V>,
    domain: &'a Domain,
    entry: *mut Entry<K, V>,
}

impl<K, V: Clone> Unlinked<'_, K, V> {
    /// The value itself if nobody can look at it any more, else a clone.
    pub(super) fn into_value(self) -> V {
        if self.domain.is_quiet() {
            let this = ManuallyDrop::new(self);
            // SAFETY: made by `Box::into_raw`; unlinked, and nobody who could see it is in.
            return unsafe { Box::from_raw(this.entry) }.value;
        }
        // SAFETY: not freed before it is retired, which only we do.
        unsafe { &(*self.entry).value }.clone()
    }
}

impl<K, V> Drop for Unlinked<'_, K, V> {
    fn drop(&mut self) {
        self.shard.lock(self.domain).retire_entry(self.entry);
    }
}
