//! What a word of a recording says.
//!
//! ```text
//!   63                               16 15      8 7          1  0
//!   [ goroutine, number, or address    ][ detail ][   kind   ][0]   an event
//!   [                        ticks                            ][1]   a stamp: the event before it
//!                                                                    happened at that time
//! ```
//! (The argument is on top, where a shift alone puts it; what of it is beyond 48 bits is lost.)
//! Events have no time of their own: reading the clock takes longer than all else. See
//! [`Recorder`](super::recorder::Recorder).

/// What happened. The numbers are the recording's own and may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Nothing yet.
    None = 0,
    /// A goroutine was switched to; detail: how what ran before left ([`Left`]).
    Run,
    /// What ran left (detail), and nothing was picked: the M looks for work.
    Stop,
    /// An address: where the goroutine of the next word, a [`Create`](Kind::Create), was started.
    Site,
    /// A goroutine was started by what runs.
    Create,
    /// A goroutine was woken by what runs.
    Wake,
    /// Goroutines of that P were stolen.
    Steal,
    /// An M (its thread id) has taken the P.
    Start,
    /// The P was put on the idle list.
    Idle,
    /// The goroutine that runs gives the P away for a declared blocking call.
    Enter,
    /// It is back, with this P.
    Exit,
    /// So many became runnable as sockets were polled.
    Poll,
    /// So many timers have fired.
    Timers,
    /// The monitor has taken the P of that number from its M; detail: the M was asleep.
    Taken,
    /// A note of another crate: detail says which, see [`gompa_park::note`].
    Note,
}

impl Kind {
    const ALL: [Kind; 15] = [
        Kind::None,
        Kind::Run,
        Kind::Stop,
        Kind::Site,
        Kind::Create,
        Kind::Wake,
        Kind::Steal,
        Kind::Start,
        Kind::Idle,
        Kind::Enter,
        Kind::Exit,
        Kind::Poll,
        Kind::Timers,
        Kind::Taken,
        Kind::Note,
    ];
}

const STAMP: u64 = 1;

/// An event.
#[inline(always)]
pub(crate) fn event(kind: Kind, detail: u8, argument: u64) -> u64 {
    argument << 16 | u64::from(detail) << 8 | (kind as u64) << 1
}

/// A stamp.
pub(crate) fn stamp(ticks: u64) -> u64 {
    ticks << 1 | STAMP
}

/// A word taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Stamp(u64),
    Event(Kind, u8, u64),
}

impl Word {
    pub(crate) fn of(word: u64) -> Word {
        if word & STAMP != 0 {
            return Word::Stamp(word >> 1);
        }
        let kind = Kind::ALL.get(usize::from(word as u8 >> 1));
        Word::Event(
            kind.copied().unwrap_or(Kind::None),
            (word >> 8) as u8,
            word >> 16,
        )
    }
}

/// How a goroutine left its P, in a word's detail: a [`WaitReason`](gompa_park::WaitReason)'s number,
/// or one of these.
pub(crate) mod left {
    /// It yielded.
    pub(crate) const YIELDED: u8 = 0x80;
    /// It ended.
    pub(crate) const ENDED: u8 = 0x81;
    /// None ran: the M came from looking for work.
    pub(crate) const NONE: u8 = 0x82;
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn words_there_and_back() {
        for kind in Kind::ALL {
            assert_eq!(Word::of(event(kind, 0x81, 77)), Word::Event(kind, 0x81, 77));
            assert_eq!(
                Word::of(event(kind, 255, u64::MAX)),
                Word::Event(kind, 255, u64::MAX >> 16)
            );
        }
        assert_eq!(Word::of(stamp(123)), Word::Stamp(123));
        assert_eq!(Word::of(99 << 1), Word::Event(Kind::None, 0, 0));
    }
}
