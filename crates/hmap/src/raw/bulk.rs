//! All of a table at once: dropping, emptying, cloning, giving back.

use super::block::{Block, NoMemory};
use super::table::{Place, Table};
use crate::word::{MIN_TOP, Word};
use std::mem::{self, ManuallyDrop};

impl<K, V> Table<K, V> {
    /// Drops every entry and leaves an empty table; the buckets of its first block stay. If a drop
    /// panics the rest is dropped nevertheless.
    pub fn clear(&mut self) {
        /// Makes the table an empty one, whatever happens.
        struct Wipe<'a, K, V>(&'a mut Table<K, V>);

        impl<K, V> Drop for Wipe<'_, K, V> {
            fn drop(&mut self) {
                self.0.more.clear();
                self.0.overflow = 0;
                self.0.main.wipe();
            }
        }

        Wipe(self).0.drop_entries();
    }

    /// Drops every entry. Words and links are good for nothing afterwards but being wiped.
    fn drop_entries(&mut self) {
        /// What is still to drop, from this bucket on.
        struct Rest<'a, K, V>(&'a mut Table<K, V>, usize);

        impl<K, V> Rest<'_, K, V> {
            fn run(&mut self) {
                while self.1 < self.0.in_use() {
                    self.0.drop_bucket(self.1);
                    self.1 += 1;
                }
            }
        }

        impl<K, V> Drop for Rest<'_, K, V> {
            // A drop has panicked. Another that does so now ends the process, as everywhere.
            fn drop(&mut self) {
                self.run();
            }
        }

        if !mem::needs_drop::<(K, V)>() {
            return;
        }
        let mut rest = Rest(self, 0);
        rest.run();
        mem::forget(rest);
    }

    /// Buckets that may hold entries, overflow buckets among them.
    pub fn in_use(&self) -> usize {
        if self.is_allocated() {
            self.buckets() + self.overflow
        } else {
            0
        }
    }

    fn drop_bucket(&mut self, bucket: usize) {
        for cell in self.word(bucket).occupied() {
            drop(self.take_only(Place { bucket, cell }));
        }
    }

    /// A table of the same shape with clones of the entries in the same cells.
    pub fn clone_with(&self, mut clone: impl FnMut(&(K, V)) -> (K, V)) -> Result<Self, NoMemory> {
        if !self.is_allocated() {
            return Ok(Table::unallocated());
        }
        let mut copy = Table::with_bits(self.bits())?;
        for block in &self.more {
            copy.more.push(Block::new(block.buckets())?);
        }
        copy.overflow = self.overflow;
        for bucket in 0..self.in_use() {
            copy.copy_marks(self, bucket);
            for cell in self.word(bucket).occupied() {
                let place = Place { bucket, cell };
                // Whatever a clone that panics leaves behind is a table with fewer entries, to be
                // dropped as one.
                let pair = clone(self.pair(place).expect("the cell is occupied"));
                copy.put(place, self.word(bucket).byte(cell), pair);
            }
        }
        Ok(copy)
    }

    /// Copies the link of a bucket, and the bytes of its cells that hold no entry. The bucket must be
    /// a fresh one.
    fn copy_marks(&mut self, from: &Self, bucket: usize) {
        let word = from.word(bucket);
        let marks = (0..8).fold(Word(0), |marks, cell| match word.byte(cell) {
            mark if mark < MIN_TOP => marks.with(cell, mark),
            _ => marks,
        });
        let link = from.link(bucket);
        assert!(self.word(bucket).occupied().first().is_none());
        self.set_marks(bucket, marks, link);
    }

    /// Gives memory of the buckets before `upto` back to the system, in pieces as they become large
    /// enough. Does nothing while one of them holds an entry.
    pub fn release_front(&mut self, upto: usize) {
        assert!(upto <= self.buckets());
        self.main.release_front(upto);
    }

    /// What is left when the entries are gone. Entries that are still there are forgotten.
    pub fn into_remains(self) -> Remains<K, V> {
        let mut table = ManuallyDrop::new(self);
        Remains {
            main: mem::replace(&mut table.main, Block::unallocated()),
            more: mem::take(&mut table.more),
        }
    }
}

impl<K, V> Drop for Table<K, V> {
    fn drop(&mut self) {
        self.drop_entries();
    }
}

/// The memory of a table without entries, to be given back slice by slice.
pub struct Remains<K, V> {
    main: Block<K, V>,
    more: Vec<Block<K, V>>,
}

impl<K, V> Remains<K, V> {
    /// Gives a slice back. Returns whether that was the last one.
    pub fn release(&mut self) -> bool {
        let Some(block) = self.more.last_mut() else {
            return self.main.release_back();
        };
        if block.release_back() {
            self.more.pop();
        }
        false
    }

    /// Bytes that are left.
    pub fn bytes(&self) -> usize {
        self.main.bytes() + self.more.iter().map(Block::bytes).sum::<usize>()
    }
}
