//! From words to events with times.

use super::ticks::Scale;
use super::word::{Kind, Word, left};
use gompa_park::WaitReason;
use gompa_park::note::Note;
use gompa_park::time::Nanos;
use std::panic::Location;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// When, in the nanoseconds of [`gompa_park::time`].
    pub at: Nanos,
    /// By how much that may be off: 0 for an event with a stamp of its own, else the time between the
    /// stamps before and after it.
    pub within: Nanos,
    /// What.
    pub what: What,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum What {
    /// So many words were written over before they could be read.
    Lost(u64),
    /// A goroutine runs here from now on; how the one before left.
    Run(u64, Left),
    /// The one that ran left, and none was picked at once.
    Stop(Left),
    /// A goroutine was started here, and where in the program.
    Create(u64, Option<&'static Location<'static>>),
    /// A goroutine was woken.
    Wake(u64),
    /// Goroutines were stolen from the P of that number.
    Steal(u64),
    /// The thread of that id runs the P from now on.
    Start(u64),
    /// The P has no work and nobody runs it.
    Idle,
    /// The goroutine went into a declared blocking call; the P goes to another thread.
    Enter(u64),
    /// The goroutine is back from one, with this P.
    Exit(u64),
    /// So many goroutines became runnable as the sockets were looked at.
    Poll(u64),
    /// So many timers fired.
    Timers(u64),
    /// The monitor took the P of that number from its thread, which was asleep in the kernel, or had
    /// it for too long.
    Taken {
        /// The P.
        proc: u64,
        /// The thread was asleep.
        asleep: bool,
    },
    /// A note of another crate: of the collector, say.
    Note(Note, u64),
}

/// How a goroutine left its P.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Left {
    /// None had run.
    None,
    /// It waits.
    Waits(WaitReason),
    /// It lets others run.
    Yields,
    /// It has ended.
    Ended,
}

impl Left {
    fn of(detail: u8) -> Left {
        match detail {
            left::YIELDED => Left::Yields,
            left::ENDED => Left::Ended,
            left::NONE => Left::None,
            reason => Left::Waits(WaitReason::from_u8(reason)),
        }
    }

    /// A word for it: Go's wait reason, "yield", "end", or nothing.
    pub fn text(self) -> &'static str {
        match self {
            Left::None => "",
            Left::Waits(reason) => reason.text(),
            Left::Yields => "yield",
            Left::Ended => "end",
        }
    }
}

/// The events in `words`, which were read until `now` (in ticks). Those before the first stamp have no
/// time and are left out.
pub(super) fn events(words: &[u64], scale: &Scale, now: u64) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    let mut site = 0;
    // The last stamp, the events since, and the time of one of those before.
    let (mut last, mut open, mut pace) = (None, 0, 0);
    for &word in words {
        match Word::of(word) {
            Word::Event(Kind::Site, _, address) => site = address,
            Word::Event(kind, detail, argument) => {
                let what = what(kind, detail, argument, std::mem::take(&mut site));
                out.push(Event {
                    at: 0,
                    within: 0,
                    what,
                });
                open += 1;
            }
            Word::Stamp(ticks) => {
                match last {
                    Some(from) => {
                        spread(&mut out, open, from, ticks, scale);
                        pace = ticks.saturating_sub(from) / open.max(1) as u64;
                    }
                    None => {
                        // Only the stamped one has a time.
                        let stamped = out.pop();
                        out.clear();
                        out.extend(stamped.map(|e| Event {
                            at: scale.nanos(ticks),
                            ..e
                        }));
                    }
                }
                (last, open) = (Some(ticks), 0);
            }
        }
    }
    match last {
        // As dense as those before, but not later than now.
        Some(from) => {
            let until = from
                .saturating_add(pace.saturating_mul(open as u64))
                .min(now.max(from));
            let first = out.len() - open;
            spread(&mut out, open, from, until, scale);
            for event in &mut out[first..] {
                event.within = scale.nanos(now).saturating_sub(event.at);
            }
        }
        None => out.clear(),
    }
    out
}

/// The last `open` events happened after `from`; the last of them at `to`.
fn spread(out: &mut [Event], open: usize, from: u64, to: u64, scale: &Scale) {
    let first = out.len() - open;
    let passed = to.saturating_sub(from);
    let within = scale.nanos(to).saturating_sub(scale.nanos(from));
    for (i, event) in out[first..].iter_mut().enumerate() {
        let share = u128::from(passed) * (i as u128 + 1) / open as u128;
        event.at = scale.nanos(from + share as u64);
        event.within = if i + 1 == open { 0 } else { within };
    }
}

fn what(kind: Kind, detail: u8, argument: u64, site: u64) -> What {
    match kind {
        Kind::None | Kind::Site => What::Lost(argument),
        Kind::Run => What::Run(argument, Left::of(detail)),
        Kind::Stop => What::Stop(Left::of(detail)),
        Kind::Create => What::Create(argument, location(site)),
        Kind::Wake => What::Wake(argument),
        Kind::Steal => What::Steal(argument),
        Kind::Start => What::Start(argument),
        Kind::Idle => What::Idle,
        Kind::Enter => What::Enter(argument),
        Kind::Exit => What::Exit(argument),
        Kind::Poll => What::Poll(argument),
        Kind::Timers => What::Timers(argument),
        Kind::Taken => What::Taken {
            proc: argument,
            asleep: detail != 0,
        },
        Kind::Note => What::Note(Note::from_u8(detail), argument),
    }
}

fn location(address: u64) -> Option<&'static Location<'static>> {
    let at = std::ptr::with_exposed_provenance::<Location<'static>>(address as usize);
    // SAFETY: words are read whole and in their order, so this is null or the address of a
    // `&'static Location` that `created` exposed.
    unsafe { at.as_ref() }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::ticks;
    use super::super::word::{event, stamp};
    use super::*;

    fn decoded(words: &[u64], now: u64) -> (Scale, Vec<Event>) {
        ticks::begin();
        let scale = Scale::measure();
        let events = events(words, &scale, now);
        (scale, events)
    }

    #[test]
    fn times_between_stamps_are_spread_evenly() {
        let wake = |g| event(Kind::Wake, 0, g);
        let words = [
            wake(1),
            wake(2),
            stamp(1_000_000),
            wake(3),
            wake(4),
            stamp(2_000_000),
            wake(5),
        ];
        let (scale, events) = decoded(&words, 9_000_000);
        let got: Vec<(u64, What)> = events.iter().map(|e| (e.at, e.what)).collect();
        let at = |ticks| scale.nanos(ticks);
        assert_eq!(
            got,
            [
                (at(1_000_000), What::Wake(2)),
                (at(1_500_000), What::Wake(3)),
                (at(2_000_000), What::Wake(4)),
                (at(2_500_000), What::Wake(5)),
            ],
            "the first has no time"
        );
        assert_eq!((events[0].within, events[2].within), (0, 0));
        assert_eq!(events[1].within, at(2_000_000) - at(1_000_000));
        assert_eq!(events[3].within, at(9_000_000) - at(2_500_000));
    }

    #[test]
    fn what_was_said_is_what_is_read() {
        let here = Location::caller();
        let site = std::ptr::from_ref(here).expose_provenance() as u64;
        let words = [
            event(Kind::Start, 0, 77),
            stamp(10),
            event(Kind::Site, 0, site),
            event(Kind::Create, 0, 5),
            event(Kind::Create, 0, 6),
            event(Kind::Run, left::NONE, 5),
            event(Kind::Run, WaitReason::Select as u8, 6),
            event(Kind::Stop, left::ENDED, 0),
            event(Kind::Taken, 1, 3),
            stamp(20),
        ];
        let (_, events) = decoded(&words, 30);
        let whats: Vec<What> = events.iter().map(|e| e.what).collect();
        assert_eq!(
            whats,
            [
                What::Start(77),
                What::Create(5, Some(here)),
                What::Create(6, None),
                What::Run(5, Left::None),
                What::Run(6, Left::Waits(WaitReason::Select)),
                What::Stop(Left::Ended),
                What::Taken {
                    proc: 3,
                    asleep: true
                },
            ]
        );
        assert!(events.is_sorted_by_key(|e| e.at));
    }

    #[test]
    fn without_a_stamp_there_is_nothing() {
        assert_eq!(decoded(&[event(Kind::Wake, 0, 1)], 5).1, []);
        assert_eq!(decoded(&[], 5).1, []);
    }
}
