//! The ring: words that one thread writes and any thread may read, the oldest lost to the newest.
//!
//! The writer never waits and never knows of readers. A reader copies what it wants and looks
//! afterwards what of it may have been written over meanwhile; see `README.md`.

use gompa_park::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use gompa_park::sync::atomic::{AtomicU64, fence};

/// Words a ring holds: 64 KiB.
#[cfg(not(loom))]
pub(crate) const LEN: usize = 8192;
#[cfg(loom)]
pub(crate) const LEN: usize = 4;

/// Words that are written at once, at the most: an event, and where it was.
const AT_ONCE: u64 = 2;

/// Words of which the memory is fetched beforehand: as many as there may be between two stamps, when
/// that is done.
const AHEAD: usize = 128;

/// See the [module](self).
pub(crate) struct Ring {
    /// How many words were ever written. The writer's; whoever sees it sees the words before it.
    head: AtomicU64,
    /// Word `n` is in slot `n % LEN`.
    words: Box<[AtomicU64; LEN]>,
}

impl Ring {
    pub(crate) fn new() -> Ring {
        let words: Box<[AtomicU64]> = (0..LEN).map(|_| AtomicU64::new(0)).collect();
        Ring {
            head: AtomicU64::new(0),
            words: words
                .try_into()
                .unwrap_or_else(|_| unreachable!("LEN of them")),
        }
    }

    /// The writer: adds these words. Returns how many there are now.
    #[inline(always)]
    pub(crate) fn push<const N: usize>(&self, words: [u64; N]) -> u64 {
        const { assert!(N as u64 <= AT_ONCE) };
        let n = self.head.load(Relaxed);
        // The head that said "n words" before the slots are written over: with the reader's fence, a
        // reader that finds one of these words in place of an older one finds that head, too. No
        // instruction on this platform.
        fence(Release);
        for (i, word) in words.into_iter().enumerate() {
            self.words[(n as usize + i) % LEN].store(word, Relaxed);
        }
        let n = n + N as u64;
        self.head.store(n, Release);
        n
    }

    /// The writer, which has written `n` words: begins to fetch the slots that come next. They are
    /// where they were written a whole round ago; whoever writes them without that waits for them at
    /// its next fence.
    pub(crate) fn fetch_ahead(&self, n: u64) {
        for at in (0..AHEAD).step_by(8) {
            let slot = &raw const self.words[(n as usize + at) % LEN];
            crate::goroutine::prefetch(slot.addr());
        }
    }

    /// How many words were ever written.
    pub(crate) fn written(&self) -> u64 {
        self.head.load(Acquire)
    }

    /// Appends the words from number `from` on to `out`, as far as they are still there. Returns the
    /// number of the first word that was appended, and of the next to come.
    pub(crate) fn read(&self, from: u64, out: &mut Vec<u64>) -> (u64, u64) {
        self.read_beside(from, out, AT_ONCE)
    }

    /// As [`read`](Self::read); at the end the writer may be writing so many words.
    fn read_beside(&self, from: u64, out: &mut Vec<u64>, at_once: u64) -> (u64, u64) {
        let end = self.written();
        let start = from.max(end.saturating_sub(LEN as u64)).min(end);
        let before = out.len();
        out.extend((start..end).map(|n| self.words[n as usize % LEN].load(Relaxed)));
        fence(Acquire);
        // Of these, the slots of `..now + AT_ONCE - LEN` are, or may be just now, another word's.
        let now = self.head.load(Relaxed);
        let intact = (now + at_once).saturating_sub(LEN as u64);
        let intact = intact.clamp(start, end);
        out.drain(before..before + (intact - start) as usize);
        (intact, end)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    #[test]
    fn what_is_read_is_what_was_written() {
        let ring = Ring::new();
        let mut out = Vec::new();
        assert_eq!(ring.read(0, &mut out), (0, 0));
        for n in 0..10 {
            assert_eq!(ring.push([n * 3]), n + 1);
        }
        assert_eq!(ring.read(4, &mut out), (4, 10));
        assert_eq!(out, [12, 15, 18, 21, 24, 27]);
        assert_eq!(ring.read(10, &mut out), (10, 10));
        assert_eq!(ring.read(99, &mut out), (10, 10));
        assert_eq!(out.len(), 6);
    }

    #[test]
    fn the_oldest_are_lost() {
        let ring = Ring::new();
        let n = 3 * LEN as u64 + 5;
        for i in 0..n {
            ring.push([i]);
        }
        let mut out = vec![7];
        let (first, next) = ring.read(1, &mut out);
        // Two less than fit: the slots of the next two words may be in the writer's hands.
        assert_eq!((first, next), (n - LEN as u64 + 2, n));
        assert_eq!(out[0], 7);
        assert!(out[1..].iter().copied().eq(first..next));
    }

    /// A writer at full speed: a reader gets numbers in their places, without holes.
    #[test]
    fn a_reader_beside_the_writer() {
        let ring = Arc::new(Ring::new());
        let stop = Arc::new(AtomicBool::new(false));
        let writer = {
            let (ring, stop) = (ring.clone(), stop.clone());
            std::thread::spawn(move || {
                let mut n = 0u64;
                while !stop.load(Relaxed) {
                    let word = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    n = if n.is_multiple_of(3) {
                        ring.push([word(n), word(n + 1)])
                    } else {
                        ring.push([word(n)])
                    };
                }
            })
        };
        let (mut from, mut seen) = (0, 0u64);
        while seen < 100_000 {
            let mut out = Vec::new();
            let (first, next) = ring.read(from, &mut out);
            assert!(first >= from && out.len() as u64 == next - first);
            for (i, word) in out.iter().enumerate() {
                let n = first + i as u64;
                assert_eq!(*word, n.wrapping_mul(0x9e37_79b9_7f4a_7c15), "word {n}");
            }
            seen += out.len() as u64;
            from = next;
        }
        stop.store(true, Relaxed);
        writer.join().unwrap();
    }
}

#[cfg(all(test, loom))]
mod model {
    use super::*;
    use gompa_park::sync::{Arc, thread};

    /// The writer goes round the ring while a reader copies it, once from the start and once on: each
    /// word that it keeps is the one of its number.
    fn beside_a_writer_of(at_once: u64) {
        loom::model(move || {
            let ring = Arc::new(Ring::new());
            ring.push([100]);
            let writer = {
                let ring = ring.clone();
                thread::spawn(move || {
                    assert_eq!(ring.push([101]), 2);
                    assert_eq!(ring.push([102, 103]), 4);
                    assert_eq!(ring.push([104, 105]), 6);
                })
            };
            let mut from = 0;
            for _ in 0..2 {
                let mut out = Vec::new();
                let (first, next) = ring.read_beside(from, &mut out, at_once);
                assert!(from <= first && first <= next);
                let kept = out.iter().copied();
                assert!(kept.eq((first..next).map(|n| 100 + n)), "another word");
                from = next;
            }
            writer.join().unwrap();
            let mut out = Vec::new();
            assert_eq!(ring.read(0, &mut out), (4, 6));
            assert_eq!(out, [104, 105]);
        });
    }

    #[test]
    fn no_word_is_taken_for_another() {
        beside_a_writer_of(AT_ONCE);
    }

    /// Nor would it be without reason that two are dropped.
    #[test]
    #[should_panic(expected = "another word")]
    fn a_reader_that_drops_one_too_few_is_found_out() {
        beside_a_writer_of(AT_ONCE - 1);
    }
}
