//! Reading recordings: what the rings hold now, or all that comes from now on.

use super::decode::{Event, events};
use super::outside;
use super::recorder::Exact;
use super::ticks::{self, Scale};
use super::word::{Kind, event};
use crate::handle::current_sched;
use crate::runtime::Sched;
use gompa_park::time::Nanos;
use std::time::{Duration, Instant};

/// What happened, P by P.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Recording {
    /// The Ps, by number.
    pub procs: Vec<Lane>,
    /// What happened without a P, in the whole process.
    pub outside: Lane,
    /// When it was taken.
    pub taken: Nanos,
}

/// The events of one P, in their order.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Lane {
    /// The events.
    pub events: Vec<Event>,
}

/// Words read so far, and up to where.
#[derive(Debug, Default)]
struct Words {
    next: u64,
    words: Vec<u64>,
}

impl Words {
    fn read(&mut self, from_start: bool, read: impl FnOnce(u64, &mut Vec<u64>) -> (u64, u64)) {
        let mut new = Vec::new();
        let (first, next) = read(self.next, &mut new);
        let lost = first - self.next;
        if lost > 0 && !from_start {
            self.words.push(event(Kind::None, 0, lost));
        }
        self.words.append(&mut new);
        self.next = next;
    }
}

/// Reads all recordings of a runtime for a while. Between two calls of [`read`](Self::read) no more
/// may happen than a ring holds (8192 words a P); what is lost is told by [`What::Lost`].
///
/// [`What::Lost`]: super::What::Lost
#[derive(Debug)]
pub struct Follow<'a> {
    sched: &'a Sched,
    procs: Vec<Words>,
    outside: Words,
    from_start: bool,
    _exact: Option<Exact>,
}

impl<'a> Follow<'a> {
    /// What comes from now on, each event with a time of its own.
    fn on(sched: &'a Sched) -> Follow<'a> {
        let exact = Exact::begin();
        let mut follow = Follow::new(sched, Some(exact));
        for (i, p) in sched.procs.iter_all().enumerate() {
            p.trace.poke();
            follow.lane(i).next = p.trace.ring.written();
        }
        follow.outside.next = outside::read(u64::MAX, &mut Vec::new()).1;
        follow
    }

    fn new(sched: &'a Sched, exact: Option<Exact>) -> Follow<'a> {
        Follow {
            sched,
            procs: Vec::new(),
            outside: Words::default(),
            from_start: exact.is_none(),
            _exact: exact,
        }
    }

    fn lane(&mut self, i: usize) -> &mut Words {
        if self.procs.len() <= i {
            self.procs.resize_with(i + 1, Words::default);
        }
        &mut self.procs[i]
    }

    /// Reads what has come since.
    fn read(&mut self) {
        let from_start = self.from_start;
        for (i, p) in self.sched.procs.iter_all().enumerate() {
            self.lane(i)
                .read(from_start, |from, out| p.trace.ring.read(from, out));
        }
        self.outside.read(from_start, outside::read);
    }

    /// How many words were read.
    fn len(&self) -> usize {
        self.procs.iter().map(|w| w.words.len()).sum()
    }

    fn finish(mut self) -> Recording {
        self.read();
        let now = ticks::now();
        let scale = Scale::measure();
        let lane = |words: &Words| Lane {
            events: events(&words.words, &scale, now),
        };
        Recording {
            procs: self.procs.iter().map(lane).collect(),
            outside: lane(&self.outside),
            taken: scale.nanos(now),
        }
    }

    /// Records the runtime of the code that runs here for so long, or until `most` words (an event is
    /// one or two) have come. Blocks the thread (see [`blocking`](crate::blocking)).
    pub fn record(time: Duration, most: usize) -> Recording {
        let end = Instant::now() + time;
        let mut follow = Follow::on(current_sched());
        while Instant::now() < end && follow.len() < most {
            std::thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
            follow.read();
        }
        follow.finish()
    }
}

/// Between two looks at the rings: a million events a second and P do not fill one meanwhile.
const PAUSE: Duration = Duration::from_millis(1);

/// What the rings of the runtime of the code that runs here hold (on a plain thread: of the
/// process-wide one): the last some thousand events of each P.
pub fn recording() -> Recording {
    of(current_sched())
}

/// What happened without a P, in the whole process: a part of [`recording`].
pub fn outside_recording() -> Lane {
    let mut words = Words::default();
    words.read(true, outside::read);
    let now = ticks::now();
    Lane {
        events: events(&words.words, &Scale::measure(), now),
    }
}

pub(crate) fn of(sched: &Sched) -> Recording {
    Follow::new(sched, None).finish()
}
