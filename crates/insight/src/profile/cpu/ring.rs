//! A ring of records between a signal handler and the thread that collects.
//!
//! ```text
//!   record:  length in words, itself included | words ...
//! ```
//! One writes, one reads. Positions only grow; a record is published by the store of `written` after
//! its words, and its room is given back by the store of `read`. A record that does not fit is lost,
//! and counted.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// Words; a power of two. Some two seconds of samples, at a hundred a second.
const SIZE: usize = if cfg!(test) { 64 } else { 1 << 13 };

/// See the [module](self).
pub(crate) struct Ring {
    words: Box<[AtomicU64]>,
    written: AtomicU64,
    read: AtomicU64,
    lost: AtomicU64,
}

impl Ring {
    pub(crate) fn new() -> Ring {
        Ring {
            words: (0..SIZE).map(|_| AtomicU64::new(0)).collect(),
            written: AtomicU64::new(0),
            read: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        }
    }

    /// The one writer: adds a record of `head` and `tail`. Async-signal-safe.
    pub(crate) fn push(&self, head: &[u64], tail: &[usize]) {
        let length = 1 + head.len() + tail.len();
        let at = self.written.load(Relaxed);
        let used = at - self.read.load(Acquire);
        if used as usize + length > self.words.len() {
            return self.lose();
        }
        let tail = tail.iter().map(|w| *w as u64);
        let words = std::iter::once(length as u64)
            .chain(head.iter().copied())
            .chain(tail);
        for (i, word) in (at..).zip(words) {
            self.word(i).store(word, Relaxed);
        }
        self.written.store(at + length as u64, Release);
    }

    /// Counts a record that is not written. Async-signal-safe.
    pub(crate) fn lose(&self) {
        self.lost.fetch_add(1, Relaxed);
    }

    /// The one reader: takes the oldest record to `to`. False: there is none.
    pub(crate) fn pop(&self, to: &mut Vec<u64>) -> bool {
        let at = self.read.load(Relaxed);
        if at == self.written.load(Acquire) {
            return false;
        }
        let length = self.word(at).load(Relaxed);
        to.clear();
        to.extend((at + 1..at + length).map(|i| self.word(i).load(Relaxed)));
        self.read.store(at + length, Release);
        true
    }

    /// Records that did not fit since this was last asked.
    pub(crate) fn take_lost(&self) -> u64 {
        self.lost.swap(0, Relaxed)
    }

    fn word(&self, i: u64) -> &AtomicU64 {
        &self.words[i as usize & (self.words.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_whole_and_in_order() {
        let ring = Ring::new();
        let mut record = Vec::new();
        for n in 0..1000_u64 {
            let tail: Vec<usize> = (0..n as usize % 20).collect();
            ring.push(&[n, n + 1], &tail);
            ring.push(&[], &[]);
            assert!(ring.pop(&mut record));
            assert_eq!(record[..2], [n, n + 1]);
            assert_eq!(record.len(), 2 + tail.len());
            assert!(ring.pop(&mut record) && record.is_empty());
            assert!(!ring.pop(&mut record));
        }
        assert_eq!(ring.take_lost(), 0);
    }

    #[test]
    fn what_does_not_fit_is_lost_and_counted() {
        let ring = Ring::new();
        (0..10).for_each(|n| ring.push(&[n; 9], &[]));
        assert_eq!(ring.take_lost(), 4);
        assert_eq!(ring.take_lost(), 0);
        let mut record = Vec::new();
        let mut n = 0;
        while ring.pop(&mut record) {
            assert_eq!(record, [n; 9]);
            n += 1;
        }
        assert_eq!(n, 6);
    }

    #[test]
    fn between_two_threads() {
        let ring = Ring::new();
        std::thread::scope(|s| {
            s.spawn(|| (0..20_000_u64).for_each(|n| ring.push(&[n; 3], &[])));
            let (mut record, mut last, mut seen, mut lost) = (Vec::new(), None, 0, 0);
            while seen + lost < 20_000 {
                lost += ring.take_lost();
                while ring.pop(&mut record) {
                    assert!(record.len() == 3 && record.iter().all(|w| *w == record[0]));
                    assert!(last < Some(record[0]), "in order");
                    last = Some(record[0]);
                    seen += 1;
                }
                std::thread::yield_now();
            }
        });
    }
}
