//! Notes for whoever records what the process does: from crates that know no scheduler.
//!
//! A note is a word and a number. Nobody listens until somebody [`install`]s themselves; then a note
//! costs what they do with it, so only what is rare should be noted.

use crate::hook::Hook;

/// What can be noted. The number that goes with it is said at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
#[non_exhaustive]
pub enum Note {
    /// Nothing known.
    #[default]
    Unknown,
    /// A cycle of the collector begins: it sweeps what the last one left. The goal, in bytes.
    GcBegin,
    /// The collector looks at the roots from now on; bytes alive.
    GcScan,
    /// The collector marks from now on.
    GcMark,
    /// The collector makes sure that nothing is left to mark; bytes alive.
    GcVerdict,
    /// The collector sweeps from now on.
    GcSweep,
    /// The cycle is over; bytes alive.
    GcDone,
    /// A mutator has helped the collector, or waited for it, for so many nanoseconds until now; told of
    /// from 20 microseconds on.
    GcAssist,
    /// A large map begins to move to another table; of so many buckets.
    MapResize,
}

impl Note {
    /// The inverse of `self as u8`.
    pub fn from_u8(n: u8) -> Note {
        match n {
            1 => Note::GcBegin,
            2 => Note::GcScan,
            3 => Note::GcMark,
            4 => Note::GcVerdict,
            5 => Note::GcSweep,
            6 => Note::GcDone,
            7 => Note::GcAssist,
            8 => Note::MapResize,
            _ => Note::Unknown,
        }
    }
}

/// Who is told: of what, and its number.
pub type Listener = fn((Note, u64));

static LISTENER: Hook<(Note, u64)> = Hook::new();

/// From now on `listener` is told, from whatever thread a note comes.
///
/// # Safety
/// It neither waits nor unwinds, nor uses what it is told of: notes come from the midst of things.
pub unsafe fn install(listener: Listener) {
    LISTENER.set(Some(listener));
}

/// Tells whoever listens.
#[inline]
pub fn note(note: Note, number: u64) {
    LISTENER.call((note, number));
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn numbers_there_and_back() {
        for n in 0..=8 {
            assert_eq!(Note::from_u8(n) as u8, n);
        }
        assert_eq!(Note::from_u8(200), Note::Unknown);
    }
}
