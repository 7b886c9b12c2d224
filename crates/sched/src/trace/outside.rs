//! What happens where no P is held: plain threads, the monitor, the collector. One recording for the
//! process, under a lock; each event with its stamp.

use super::ticks;
use super::word::{Kind, event, stamp};
use gompa_park::lock::real::Lock;

/// Words it holds: 32 KiB.
const LEN: usize = 4096;

struct Words {
    written: u64,
    words: [u64; LEN],
}

static WORDS: Lock<Words> = Lock::new(Words {
    written: 0,
    words: [0; LEN],
});

/// Something happened.
#[cold]
pub(crate) fn add(kind: Kind, detail: u8, argument: u64) {
    if !cfg!(gompa_no_recorder) {
        WORDS.lock().push(&[event(kind, detail, argument)]);
    }
}

/// Something happened, and where.
#[cold]
pub(crate) fn add_at(site: u64, kind: Kind, argument: u64) {
    if !cfg!(gompa_no_recorder) {
        let words = [event(Kind::Site, 0, site), event(kind, 0, argument)];
        WORDS.lock().push(&words);
    }
}

impl Words {
    fn push(&mut self, words: &[u64]) {
        // Under the lock, so that stamps only go up.
        for word in words.iter().copied().chain([stamp(ticks::now())]) {
            self.words[self.written as usize % LEN] = word;
            self.written += 1;
        }
    }
}

/// As [`Ring::read`](super::ring::Ring::read).
pub(crate) fn read(from: u64, out: &mut Vec<u64>) -> (u64, u64) {
    let words = WORDS.lock();
    let end = words.written;
    let start = from.max(end.saturating_sub(LEN as u64)).min(end);
    out.extend((start..end).map(|n| words.words[n as usize % LEN]));
    (start, end)
}
