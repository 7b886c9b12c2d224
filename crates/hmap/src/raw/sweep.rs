//! References to all entries, one after another.
//!
//! A sweep goes through the buckets in the order of memory, not chain by chain: first the rows, from
//! a given bucket on and around, then the overflow buckets; then the table that is being evacuated.
//! What has moved is marked in the old table, so that every entry is met once.

use super::block::Block;
use super::matches;
use super::table::{Place, Table};
use std::marker::PhantomData;
use std::ptr;

/// Cells that are looked at together: those of eight buckets, whose words are a line of memory.
const GROUP: u32 = 64;

/// Where a sweep is. It must be given the same tables each time, and they must not have changed; only
/// [`Sweep`] and [`SweepMut`] use it, which borrow them.
struct Position<K, V> {
    /// The first of the eight buckets whose cells are being visited.
    pairs: *const (K, V),
    /// Those of their 64 cells that are left, turned by `offset`.
    cells: u64,
    /// The words that come next, up to `end`; `pairs` is that of the last group.
    word: *const u64,
    end: *const u64,
    offset: u32,
    start: usize,
    /// The span after this one.
    span: usize,
    left: usize,
}

impl<K, V> Clone for Position<K, V> {
    fn clone(&self) -> Self {
        Position { ..*self }
    }
}

impl<K, V> Position<K, V> {
    const fn nowhere() -> Self {
        Position {
            pairs: ptr::null(),
            cells: 0,
            word: ptr::null(),
            end: ptr::null(),
            offset: 0,
            start: 0,
            span: 0,
            left: 0,
        }
    }

    /// `random` says where to begin.
    fn new(table: &Table<K, V>, random: u64, left: usize) -> Self {
        Position {
            // Of one bucket only the first eight cells are there to begin with.
            offset: (random >> 32) as u32 % if table.mask() == 0 { 8 } else { GROUP },
            start: table.home(random),
            left,
            ..Self::nowhere()
        }
    }

    /// The next entry.
    ///
    /// # Safety
    /// 1. `tables` are those that earlier calls were given, as they were then, but for what is
    ///    reached through the pointers that were returned.
    #[inline]
    unsafe fn next(&mut self, tables: [Option<&Table<K, V>>; 2]) -> Option<*const (K, V)> {
        if self.left == 0 {
            return None;
        }
        while self.cells == 0 {
            if self.word == self.end && !self.next_span(tables) {
                return None;
            }
            // SAFETY: `word` and `end` bound words of a span, whose block still is as it was (1).
            let left = unsafe { self.end.offset_from_unsigned(self.word) };
            let mut words = [0; 8];
            let count = left.min(words.len());
            // SAFETY: so many words are there to be read.
            unsafe { ptr::copy_nonoverlapping(self.word, words.as_mut_ptr(), count) };
            self.word = self.word.wrapping_add(count);
            self.cells = matches::occupied(words).rotate_right(self.offset);
            self.pairs = self.pairs.wrapping_add(GROUP as usize);
        }
        let cell = (self.cells.trailing_zeros() + self.offset) % GROUP;
        self.cells &= self.cells - 1;
        self.left -= 1;
        Some(self.pairs.wrapping_add(cell as usize))
    }

    /// Goes to the beginning of the next span that has buckets.
    #[cold]
    fn next_span(&mut self, tables: [Option<&Table<K, V>>; 2]) -> bool {
        let mut span = self.span;
        for (age, table) in tables.into_iter().enumerate() {
            let Some(table) = table.filter(|table| table.is_allocated()) else {
                continue;
            };
            let start = if age == 0 { self.start } else { 0 };
            let main = table.main.buckets();
            let spans = 2 + table.more.len();
            if span >= spans {
                span -= spans;
                continue;
            }
            let (block, from, to) = match span {
                0 => (&table.main, start, main),
                1 => (&table.main, 0, start),
                more => {
                    let block = &table.more[more - 2];
                    (block, 0, block.buckets())
                }
            };
            self.enter(block, from, to);
            self.span += 1;
            return if from < to {
                true
            } else {
                self.next_span(tables)
            };
        }
        false
    }

    fn enter(&mut self, block: &Block<K, V>, from: usize, to: usize) {
        if from < to {
            self.word = block.word(from);
            self.end = block.word(to - 1).wrapping_add(1);
            // One group before the first: each step begins by going to the next.
            self.pairs = block.pairs(from).wrapping_sub(GROUP as usize);
        }
    }
}

/// Shared references to all entries.
pub struct Sweep<'a, K, V> {
    position: Position<K, V>,
    tables: [Option<&'a Table<K, V>>; 2],
}

// SAFETY: it holds shared borrows of tables and pointers into them, through which it gives out shared
// references only: it may be sent and shared where such borrows may.
unsafe impl<K: Sync, V: Sync> Send for Sweep<'_, K, V> {}
// SAFETY: as above.
unsafe impl<K: Sync, V: Sync> Sync for Sweep<'_, K, V> {}

impl<K, V> Clone for Sweep<'_, K, V> {
    fn clone(&self) -> Self {
        Sweep {
            position: self.position.clone(),
            tables: self.tables,
        }
    }
}

impl<'a, K, V> Sweep<'a, K, V> {
    /// Of nothing.
    pub const fn empty() -> Self {
        Sweep {
            position: Position::nowhere(),
            tables: [None; 2],
        }
    }

    /// Of a table and the one that it takes the place of; `left` entries at most.
    pub fn new(
        table: &'a Table<K, V>,
        old: Option<&'a Table<K, V>>,
        random: u64,
        left: usize,
    ) -> Self {
        Sweep {
            position: Position::new(table, random, left),
            tables: [Some(table), old],
        }
    }

    /// How many are left.
    #[inline]
    pub fn left(&self) -> usize {
        self.position.left
    }
}

impl<'a, K, V> Iterator for Sweep<'a, K, V> {
    type Item = &'a (K, V);

    #[inline]
    fn next(&mut self) -> Option<&'a (K, V)> {
        // SAFETY: 1. we borrow the tables.
        let pair = unsafe { self.position.next(self.tables) }?;
        // SAFETY: the cell is occupied, and the table is borrowed for `'a`.
        Some(unsafe { &*pair })
    }
}

/// References to all entries, the values' exclusive.
pub struct SweepMut<'a, K, V> {
    position: Position<K, V>,
    /// Borrowed exclusively for `'a`. Only words and blocks are reached through these, never an entry.
    tables: [*const Table<K, V>; 2],
    borrow: PhantomData<&'a mut (K, V)>,
}

// SAFETY: it is an exclusive borrow of the entries.
unsafe impl<K: Send, V: Send> Send for SweepMut<'_, K, V> {}
// SAFETY: shared, it tells how many are left and lends the rest as shared references.
unsafe impl<K: Sync, V: Sync> Sync for SweepMut<'_, K, V> {}

impl<'a, K, V> SweepMut<'a, K, V> {
    /// Of nothing.
    pub const fn empty() -> Self {
        SweepMut {
            position: Position::nowhere(),
            tables: [ptr::null(); 2],
            borrow: PhantomData,
        }
    }

    /// Of a table and the one that it takes the place of.
    pub fn new(
        table: &'a mut Table<K, V>,
        old: Option<&'a mut Table<K, V>>,
        random: u64,
        left: usize,
    ) -> Self {
        SweepMut {
            position: Position::new(table, random, left),
            tables: [table, old.map_or(ptr::null(), |old| ptr::from_mut(old))],
            borrow: PhantomData,
        }
    }

    /// How many are left.
    #[inline]
    pub fn left(&self) -> usize {
        self.position.left
    }

    /// The entries that are left, shared.
    pub fn rest(&self) -> Sweep<'_, K, V> {
        Sweep {
            position: self.position.clone(),
            tables: self.tables(),
        }
    }

    fn tables<'b>(&self) -> [Option<&'b Table<K, V>>; 2]
    where
        'a: 'b,
    {
        // SAFETY: each is null or borrowed by us exclusively for `'a`. A shared reference to the
        // table does not touch what its blocks point to, of which references have been given out.
        self.tables.map(|table| unsafe { table.as_ref() })
    }
}

impl<'a, K, V> Iterator for SweepMut<'a, K, V> {
    type Item = (&'a K, &'a mut V);

    #[inline]
    fn next(&mut self) -> Option<(&'a K, &'a mut V)> {
        let tables = self.tables();
        // SAFETY: 1. we borrow the tables exclusively.
        let pair = unsafe { self.position.next(tables) }?;
        // SAFETY: the cell is occupied, the table is borrowed exclusively for `'a`, and no cell is
        // met twice. The pointer is that of the table's block, and thus good for writing.
        let (key, value) = unsafe { &mut *pair.cast_mut() };
        Some((key, value))
    }
}

/// Exclusive references to the values in several cells.
///
/// # Panics
/// If two of them are the same cell.
pub fn disjoint<K, V, const N: usize>(
    tables: [Option<&mut Table<K, V>>; 2],
    places: [Option<(usize, Place)>; N],
) -> [Option<(&K, &mut V)>; N] {
    for (n, place) in places.iter().enumerate() {
        let twice = place.is_some() && places[..n].contains(place);
        assert!(!twice, "duplicate keys found");
    }
    places.map(|place| {
        let (age, place) = place?;
        let pair = tables[age].as_ref()?.pointer(place)?;
        // SAFETY: the cell is occupied, the tables are borrowed exclusively, and no other of
        // the places is this one.
        let (key, value) = unsafe { &mut *pair };
        Some((&*key, value))
    })
}
