//! A P's recording: the ring, and when to look at the clock.
//!
//! Reading the clock takes some 10 ns, writing a word less than one. So a stamp follows only every
//! [`MOST`]th event where events are dense; the time of the others is interpolated, and told with the
//! error it may have. Where events are a microsecond apart or more, each has its stamp.
//! ```text
//!   event, event, ... event, STAMP, event, ... event, STAMP
//!   |---- up to 61 --------|        |-- fewer, if that took long --|
//! ```
//! A stamp is due at once when an [exact](set_exact) recording is asked for, and when the monitor
//! [pokes](Recorder::poke): so a goroutine that computes after a dense burst does not smear the burst
//! by more than the monitor's round.

use super::ring::Ring;
use super::ticks;
use super::word::{Kind, event, stamp};
use std::cell::Cell;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicU64, AtomicUsize};

/// The most events between two stamps. No multiple of small periods, so that each kind of event in
/// a loop has its turn.
const MOST: u64 = 61;

/// Ticks an event from which on each has its stamp: that a hundredth of the time goes there at the
/// most.
const SPARSE: u64 = 4096;

/// How many want every event stamped.
static EXACT: AtomicUsize = AtomicUsize::new(0);

/// Every event is stamped while one of these is there.
#[derive(Debug)]
pub(crate) struct Exact(());

impl Exact {
    pub(crate) fn begin() -> Exact {
        EXACT.fetch_add(1, SeqCst);
        Exact(())
    }
}

impl Drop for Exact {
    fn drop(&mut self) {
        EXACT.fetch_sub(1, SeqCst);
    }
}

/// See the [module](self). Written by whoever holds the P.
pub(crate) struct Recorder {
    pub(super) ring: Ring,
    /// With more words than this a stamp is due. The holder's; 0 by others: now.
    due: AtomicU64,
    /// Events between stamps, at the moment. The holder's.
    every: Cell<u64>,
    /// The last stamp: its number and what it says. The holder's.
    last: Cell<(u64, u64)>,
}

impl Recorder {
    pub(crate) fn new() -> Recorder {
        Recorder {
            ring: Ring::new(),
            due: AtomicU64::new(0),
            every: Cell::new(1),
            last: Cell::new((0, 0)),
        }
    }

    /// The holder: something happened. True: it was stamped.
    #[inline(always)]
    pub(crate) fn add(&self, kind: Kind, detail: u8, argument: u64) -> bool {
        if cfg!(gompa_no_recorder) {
            return false;
        }
        let n = self.ring.push([event(kind, detail, argument)]);
        self.stamp_if_due(n)
    }

    /// As [`add`](Self::add), after a word that belongs to the event: that needs no time.
    #[inline(always)]
    pub(crate) fn add_after(&self, prefix: Kind, says: u64, kind: Kind, argument: u64) -> bool {
        if cfg!(gompa_no_recorder) {
            return false;
        }
        let words = [event(prefix, 0, says), event(kind, 0, argument)];
        let n = self.ring.push(words);
        self.stamp_if_due(n)
    }

    /// There are `n` words, the last an event.
    #[inline(always)]
    fn stamp_if_due(&self, n: u64) -> bool {
        let is_due = n > self.due.load(Relaxed);
        if is_due {
            self.stamp();
        }
        is_due
    }

    /// As [`add`](Self::add), with a stamp always: for what is rare, or begins or ends a long time.
    #[cold]
    pub(crate) fn add_exact(&self, kind: Kind, detail: u8, argument: u64) {
        if !self.add(kind, detail, argument) && !cfg!(gompa_no_recorder) {
            self.stamp();
        }
    }

    #[cold]
    #[inline(never)]
    fn stamp(&self) {
        let now = ticks::now();
        let n = self.ring.push([stamp(now)]);
        self.ring.fetch_ahead(n);
        let (last_n, last) = self.last.replace((n, now));
        let sparse = now.wrapping_sub(last) > SPARSE * (n - last_n);
        let every = if sparse || EXACT.load(Relaxed) > 0 {
            0
        } else {
            (self.every.get() * 2 + 1).min(MOST)
        };
        self.every.set(every);
        self.due.store(n + every, Relaxed);
    }

    /// Anybody: the next event shall have a stamp. Lost if the holder stamps at this very moment.
    pub(crate) fn poke(&self) {
        self.due.store(0, Relaxed);
    }

    /// The last stamp's ticks, as the holder sees it.
    pub(crate) fn last_stamp(&self) -> u64 {
        self.last.get().1
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::word::Word;
    use super::*;

    fn stamps(recorder: &Recorder) -> Vec<usize> {
        let mut words = Vec::new();
        recorder.ring.read(0, &mut words);
        let mut runs = vec![0];
        for word in words {
            match Word::of(word) {
                Word::Stamp(_) => runs.push(0),
                Word::Event(..) => *runs.last_mut().unwrap() += 1,
            }
        }
        runs
    }

    #[test]
    fn dense_events_are_stamped_ever_more_rarely() {
        let recorder = Recorder::new();
        for n in 0..2000 {
            recorder.add(Kind::Wake, 0, n);
        }
        let runs = stamps(&recorder);
        assert_eq!(runs.iter().sum::<usize>(), 2000);
        assert_eq!(runs[0], 1, "the first");
        // However slow the machine: never more than so many.
        assert!(runs.iter().all(|n| *n <= MOST as usize + 1), "{runs:?}");
    }

    #[test]
    fn sparse_events_and_poked_ones_are_all_stamped() {
        let recorder = Recorder::new();
        for n in 0..100 {
            recorder.add(Kind::Wake, 0, n);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
        recorder.poke();
        assert!(recorder.add(Kind::Wake, 0, 1));
        // The last run took long: the next is short.
        assert!(recorder.add(Kind::Wake, 0, 2));
        recorder.add_exact(Kind::Idle, 0, 3);
        assert_eq!(*stamps(&recorder).last().unwrap(), 0);
    }

    #[test]
    fn exact_is_every_one() {
        let recorder = Recorder::new();
        let exact = Exact::begin();
        recorder.poke();
        recorder.add(Kind::Wake, 0, 0);
        for n in 0..200 {
            assert!(recorder.add(Kind::Wake, 0, n));
        }
        drop(exact);
    }
}
