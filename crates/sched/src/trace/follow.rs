//! Reading recordings: what the rings hold now, or all that comes from now on.

use super::decode::{Event, events};
use super::outside;
use super::recorder::Exact;
use super::ticks::{self, Scale};
use super::word::{Kind, event};
use crate::deadlock;
use crate::host;
use crate::runtime::Sched;
use gompa_park::time::Nanos;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What happened, P by P.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Recording {
    /// The Ps, by number; where several runtimes were recorded, one runtime's after the other's.
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
    /// The P's name: `P0`; of several runtimes `R1 P0`.
    pub name: String,
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
pub struct Follow {
    runtimes: Vec<(Arc<Sched>, Vec<Words>)>,
    outside: Words,
    from_start: bool,
    _exact: Option<Exact>,
}

impl Follow {
    /// What comes from now on, each event with a time of its own.
    fn on(sched: Vec<Arc<Sched>>) -> Follow {
        let mut follow = Follow::new(sched, Some(Exact::begin()));
        for (sched, procs) in &mut follow.runtimes {
            for (i, p) in sched.procs.iter_all().enumerate() {
                p.trace.poke();
                lane(procs, i).next = p.trace.ring.written();
            }
        }
        follow.outside.next = outside::read(u64::MAX, &mut Vec::new()).1;
        follow
    }

    fn new(sched: Vec<Arc<Sched>>, exact: Option<Exact>) -> Follow {
        Follow {
            runtimes: sched.into_iter().map(|s| (s, Vec::new())).collect(),
            outside: Words::default(),
            from_start: exact.is_none(),
            _exact: exact,
        }
    }

    /// Reads what has come since.
    fn read(&mut self) {
        for (sched, procs) in &mut self.runtimes {
            for (i, p) in sched.procs.iter_all().enumerate() {
                lane(procs, i).read(self.from_start, |from, out| p.trace.ring.read(from, out));
            }
        }
        self.outside.read(self.from_start, outside::read);
    }

    /// How many words were read.
    fn len(&self) -> usize {
        let all = self.runtimes.iter().flat_map(|(_, procs)| procs);
        all.map(|w| w.words.len()).sum()
    }

    fn finish(mut self) -> Recording {
        self.read();
        let now = ticks::now();
        let scale = Scale::measure();
        let lane = |name: String, words: &Words| Lane {
            name,
            events: events(&words.words, &scale, now),
        };
        let mut all = Vec::new();
        for (r, (_, procs)) in self.runtimes.iter().enumerate() {
            for (i, words) in procs.iter().enumerate() {
                let name = match self.runtimes.len() {
                    1 => format!("P{i}"),
                    _ => format!("R{r} P{i}"),
                };
                all.push(lane(name, words));
            }
        }
        Recording {
            procs: all,
            outside: lane(String::new(), &self.outside),
            taken: scale.nanos(now),
        }
    }

    /// Records the runtime of the code that runs here (on a plain thread: all there are) for so long, or
    /// until `most` words (an event is one or two) have come. Blocks the thread (see [`blocking`](crate::blocking)).
    pub fn record(time: Duration, most: usize) -> Recording {
        let end = Instant::now() + time;
        let mut follow = Follow::on(mine());
        while Instant::now() < end && follow.len() < most {
            std::thread::sleep(PAUSE.min(end.saturating_duration_since(Instant::now())));
            follow.read();
        }
        follow.finish()
    }
}

/// Between two looks at the rings: a million events a second and P do not fill one meanwhile.
const PAUSE: Duration = Duration::from_millis(1);

/// What the rings of the runtime of the code that runs here hold (on a plain thread: of all there
/// are): the last some thousand events of each P.
pub fn recording() -> Recording {
    Follow::new(mine(), None).finish()
}

/// What happened without a P, in the whole process: a part of [`recording`].
pub fn outside_recording() -> Lane {
    let mut words = Words::default();
    words.read(true, outside::read);
    let now = ticks::now();
    Lane {
        name: String::new(),
        events: events(&words.words, &Scale::measure(), now),
    }
}

fn mine() -> Vec<Arc<Sched>> {
    match host::goroutine() {
        // SAFETY: a runtime outlives its goroutines.
        Some(g) => vec![unsafe { g.rt.as_ref() }.strong()],
        None => deadlock::runtimes(),
    }
}

fn lane(procs: &mut Vec<Words>, i: usize) -> &mut Words {
    if procs.len() <= i {
        procs.resize_with(i + 1, Words::default);
    }
    &mut procs[i]
}
