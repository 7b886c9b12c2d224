//! What is in the buckets, for people and tests.

use crate::header::Header;
use crate::raw::{Place, Table};
use crate::word::{CELLS, EMPTY_ONE, EMPTY_REST, EVACUATED_EMPTY, EVACUATED_X, EVACUATED_Y};
use std::fmt::{self, Debug};
use std::iter;

/// All buckets of a map; made by [`HMap::dump`](crate::HMap::dump).
///
/// Printed with `{:?}` it shows a line for each bucket: the tophash and key of each cell, `.` for a cell
/// that is empty, `_` for one before others, `<` and `>` for what has moved to the bucket of the same
/// or of another index, `x` for a cell that was empty when its bucket was evacuated.
pub struct Dump<'a, K, V> {
    header: &'a Header<K, V>,
}

/// One bucket of a [`Dump`].
pub struct Bucket<'a, K, V> {
    /// The tophash byte of each cell.
    pub tophash: [u8; CELLS],
    /// What is in each cell.
    pub entries: [Option<(&'a K, &'a V)>; CELLS],
}

impl<'a, K, V> Dump<'a, K, V> {
    pub(crate) fn of(header: &'a Header<K, V>) -> Self {
        Dump { header }
    }

    /// The chains of the table, each a bucket and its overflow buckets.
    pub fn chains(&self) -> Vec<Vec<Bucket<'a, K, V>>> {
        chains(&self.header.table)
    }

    /// The chains of the table that is being evacuated, if there is one.
    pub fn old_chains(&self) -> Option<Vec<Vec<Bucket<'a, K, V>>>> {
        self.header.old.as_ref().map(|old| chains(&old.table))
    }
}

fn chains<K, V>(table: &Table<K, V>) -> Vec<Vec<Bucket<'_, K, V>>> {
    if !table.is_allocated() {
        return Vec::new();
    }
    let chain = |home| {
        iter::successors(Some(home), |bucket| table.next(*bucket))
            .map(|bucket| Bucket {
                tophash: table.word(bucket).bytes(),
                entries: std::array::from_fn(|cell| {
                    let (key, value) = table.pair(Place { bucket, cell })?;
                    Some((key, value))
                }),
            })
            .collect()
    };
    (0..table.buckets()).map(chain).collect()
}

impl<K: Debug, V> Debug for Dump<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stats = crate::Stats::of(self.header);
        let what = match (stats.growing, stats.shrinking) {
            (Some(growth), _) => format!("growing ({growth:?}), {} evacuated", stats.evacuated),
            (None, true) => format!("shrinking, {} evacuated", stats.evacuated),
            (None, false) => "at rest".to_owned(),
        };
        writeln!(f, "{} entries, b = {}, {what}", stats.count, stats.b)?;
        if let Some(chains) = self.old_chains() {
            writeln!(f, "old")?;
            print(f, chains)?;
            writeln!(f, "new")?;
        }
        print(f, self.chains())
    }
}

fn print<K: Debug, V>(
    f: &mut fmt::Formatter<'_>,
    chains: Vec<Vec<Bucket<'_, K, V>>>,
) -> fmt::Result {
    for (index, chain) in chains.into_iter().enumerate() {
        write!(f, "{index:6} ")?;
        for (n, bucket) in chain.into_iter().enumerate() {
            write!(f, "{}{bucket:?}", if n == 0 { "" } else { " -> " })?;
        }
        writeln!(f)?;
    }
    Ok(())
}

impl<K: Debug, V> Debug for Bucket<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (cell, (top, entry)) in self.tophash.iter().zip(&self.entries).enumerate() {
            let space = if cell == 0 { "" } else { " " };
            match (*top, entry) {
                (_, Some((key, _))) => write!(f, "{space}{top:02x}:{key:?}")?,
                (EMPTY_REST, _) => write!(f, "{space}.")?,
                (EMPTY_ONE, _) => write!(f, "{space}_")?,
                (EVACUATED_X, _) => write!(f, "{space}<")?,
                (EVACUATED_Y, _) => write!(f, "{space}>")?,
                (EVACUATED_EMPTY, _) => write!(f, "{space}x")?,
                (top, None) => write!(f, "{space}?{top:02x}")?,
            }
        }
        f.write_str("]")
    }
}
