//! All cells that hold entries, chain by chain: for what removes some of them on the way.

use super::Header;
use super::find::At;
use crate::raw::Place;
use crate::word::CELLS;

/// Goes through all chains of both tables. Entries may be taken out on the way, by
/// [`Header::take`] with `walk` none and `floor` out of action; nothing else may happen to the map.
pub struct Chains {
    age: usize,
    home: usize,
    bucket: usize,
    cell: usize,
}

impl Chains {
    pub fn new() -> Self {
        Chains {
            age: 0,
            home: 0,
            bucket: 0,
            cell: 0,
        }
    }

    /// The next occupied cell, and where its chain begins.
    pub fn next<K, V>(&mut self, header: &Header<K, V>) -> Option<(At, usize)> {
        loop {
            let table = match self.age {
                0 => &header.table,
                1 => &header.old.as_ref()?.table,
                _ => return None,
            };
            let word = table.word(self.bucket);
            while self.cell < CELLS {
                let (bucket, cell) = (self.bucket, self.cell);
                self.cell += 1;
                if word.occupied().0 >> (8 * cell) & 0x80 != 0 {
                    let place = Place { bucket, cell };
                    return Some((
                        At {
                            age: self.age,
                            place,
                        },
                        self.home,
                    ));
                }
            }
            self.cell = 0;
            if let Some(next) = table.next(self.bucket) {
                self.bucket = next;
                continue;
            }
            self.home += 1;
            if self.home > table.mask() {
                self.age += 1;
                self.home = 0;
            }
            self.bucket = self.home;
        }
    }
}
