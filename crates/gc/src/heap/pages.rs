//! Free pages.

use super::PAGE;
use super::region::region;
use gompa_park::lock::real::Lock;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Pages that are in spans.
static IN_USE: AtomicUsize = AtomicUsize::new(0);
/// Pages that are free and may have memory.
static DIRTY: AtomicUsize = AtomicUsize::new(0);

static FREE: Lock<Free> = Lock::new(Free::new());

/// Free ranges of pages, merged with their neighbours, and the part never used.
struct Free {
    /// Pages below this one have been in use.
    top: usize,
    /// First page to length, and whether the kernel has the memory.
    ranges: BTreeMap<usize, Range>,
    by_len: BTreeSet<(usize, usize)>,
}

#[derive(Clone, Copy)]
struct Range {
    len: usize,
    /// Pages of it that may have memory.
    dirty: usize,
}

impl Free {
    const fn new() -> Free {
        Free {
            top: 0,
            ranges: BTreeMap::new(),
            by_len: BTreeSet::new(),
        }
    }

    fn insert(&mut self, mut first: usize, mut range: Range) {
        if let Some((&before, &r)) = self.ranges.range(..first).next_back()
            && before + r.len == first
        {
            self.remove(before, r);
            first = before;
            range.len += r.len;
            range.dirty += r.dirty;
        }
        let after = first + range.len;
        if let Some(&r) = self.ranges.get(&after) {
            self.remove(after, r);
            range.len += r.len;
            range.dirty += r.dirty;
        }
        self.ranges.insert(first, range);
        self.by_len.insert((range.len, first));
    }

    fn remove(&mut self, first: usize, range: Range) {
        self.ranges.remove(&first);
        self.by_len.remove(&(range.len, first));
    }

    /// The smallest range that fits, else new pages; how many of them may have memory.
    fn take(&mut self, n: usize) -> Option<(usize, usize)> {
        if let Some(&(len, first)) = self.by_len.range((n, 0)..).next() {
            let range = self.ranges[&first];
            self.remove(first, range);
            let taken = range.dirty.min(n);
            if len > n {
                let rest = Range {
                    len: len - n,
                    dirty: range.dirty - taken,
                };
                self.insert(first + n, rest);
            }
            return Some((first, taken));
        }
        let first = self.top;
        let top = first.checked_add(n)?;
        (top <= region().pages()).then(|| {
            self.top = top;
            (first, 0)
        })
    }
}

/// Takes `n` pages; their bits are clear.
///
/// # Panics
/// If the region has no room for them.
pub(crate) fn take(n: usize) -> usize {
    let found = FREE.lock().take(n);
    let Some((first, dirty)) = found else {
        panic!("gompa-gc: out of address space for {} bytes", n * PAGE);
    };
    IN_USE.fetch_add(n, Relaxed);
    DIRTY.fetch_sub(dirty, Relaxed);
    first
}

/// Gives pages back. Nothing of them is in use and all their bits are clear.
pub(crate) fn give(first: usize, n: usize) {
    // Counted before anybody can take them.
    DIRTY.fetch_add(n, Relaxed);
    FREE.lock().insert(first, Range { len: n, dirty: n });
    IN_USE.fetch_sub(n, Relaxed);
}

/// Gives the memory of free pages back to the kernel, of the longest ranges first, until at most `keep`
/// bytes of them have any, or `most` were given back; whether that is so.
pub(crate) fn release(keep: usize, most: usize) -> bool {
    let (mut released, mut below) = (0, (usize::MAX, 0));
    while DIRTY.load(Relaxed) * PAGE > keep {
        if released >= most {
            return true;
        }
        // One range at a time, taken out meanwhile, so that the lock is not held in the kernel.
        let taken = {
            let mut free = FREE.lock();
            let Some(&(len, first)) = free.by_len.range(..below).next_back() else {
                break;
            };
            below = (len, first);
            let range = free.ranges[&first];
            (range.dirty > 0).then(|| {
                free.remove(first, range);
                (first, range)
            })
        };
        let Some((first, range)) = taken else {
            continue;
        };
        region().release(first, range.len);
        released += range.dirty * PAGE;
        DIRTY.fetch_sub(range.dirty, Relaxed);
        FREE.lock().insert(first, Range { dirty: 0, ..range });
    }
    false
}

/// Bytes in spans.
pub(crate) fn in_use() -> usize {
    IN_USE.load(Relaxed) * PAGE
}

/// Bytes of free pages that may have memory.
pub(crate) fn idle() -> usize {
    DIRTY.load(Relaxed) * PAGE
}

/// Bytes that have ever been in spans.
pub(crate) fn ever_used() -> usize {
    FREE.lock().top * PAGE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn pages_are_in_one_hand(ops in prop::collection::vec((0usize..9, any::<prop::sample::Index>()), 1..200)) {
            let mut free = Free::new();
            let mut held: Vec<(usize, usize)> = Vec::new();
            for (n, which) in ops {
                if n == 0 {
                    if !held.is_empty() {
                        let (first, n) = held.swap_remove(which.index(held.len()));
                        free.insert(first, Range { len: n, dirty: n });
                    }
                    continue;
                }
                let (first, _) = free.take(n).unwrap();
                prop_assert!(held.iter().all(|h| first + n <= h.0 || h.0 + h.1 <= first));
                held.push((first, n));
            }
            for (first, n) in held {
                free.insert(first, Range { len: n, dirty: n });
            }
            // All is one range again, as far as it was ever used.
            prop_assert_eq!(free.ranges.len(), usize::from(free.top > 0));
            prop_assert!(free.ranges.values().all(|r| r.len == free.top));
            prop_assert_eq!(free.by_len.len(), free.ranges.len());
        }
    }
}
