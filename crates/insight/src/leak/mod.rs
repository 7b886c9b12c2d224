//! Goroutines that can never run again.
//!
//! # What is proven
//! A goroutine is reported as [`Certainty::Proven`] only if nothing that can still run could wake
//! it, whatever the program does:
//! - it sends to or receives from a nil channel, or selects among nothing but such;
//! - it waits for channels, with no deadline and no context over it, and when the whole process was
//!   stopped for a moment, no memory of it but that of goroutines that are themselves in this state
//!   held an address of those channels, or of their stacks. That is the rule of a garbage
//!   collector, applied to all of memory: see [`reach`].
//!
//! An address that is only left over somewhere (in freed memory, say) counts as one that is used.
//! So proven leaks may be missed; they are not made up. (A program that hides the address of a
//! channel, encrypted, in a file, or in a packed structure across two words, is beyond this.)
//!
//! # What is likely
//! [`Certainty::Likely`]: it waits for others, with no deadline, for longer than
//! [`Search::likely_after`]. Waits for locks, conditions, wait groups and joins are never more than
//! that, nor are those for a context that somebody still holds.
//!
//! The end of its runtime ends every wait: "never" is before that.

pub(crate) mod reach;
mod testing;

pub use testing::{run_test, still_there};

use crate::profile::Samples;
use gompa_park::WaitReason;
use gompa_sched::Status;
use gompa_sched::debug::{GoroutineStack, Look, Of, Text, each_stack};
use std::collections::HashSet;
use std::fmt;
use std::io::Write;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// It can never run again.
    Proven,
    /// It waits for long.
    Likely,
}

/// A goroutine that leaks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Leak {
    /// The goroutine, with its stack.
    pub goroutine: GoroutineStack,
    /// How sure it is.
    pub certainty: Certainty,
    /// Why.
    pub why: &'static str,
}

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// In which runtimes.
    pub of: Of,
    /// A wait of so long is a likely leak.
    pub likely_after: Duration,
}

impl Default for Search {
    /// In all runtimes; after ten minutes.
    fn default() -> Self {
        Search {
            of: Of::All,
            likely_after: Duration::from_secs(600),
        }
    }
}

impl Search {
    /// The default.
    pub fn new() -> Search {
        Search::default()
    }

    /// In these runtimes.
    pub fn of(mut self, of: Of) -> Search {
        self.of = of;
        self
    }

    /// See [`likely_after`](Self::likely_after).
    pub fn likely_after(mut self, wait: Duration) -> Search {
        self.likely_after = wait;
        self
    }

    /// Looks, and returns what leaks: proven leaks first. What [`try_find`](Self::try_find) has found
    /// if it could not look everywhere.
    pub fn find(&self) -> Vec<Leak> {
        self.try_find()
            .unwrap_or_else(|incomplete| incomplete.found)
    }

    /// Looks, and returns what leaks: proven leaks first.
    ///
    /// # Errors
    /// [`Incomplete`] with what was found, if not all threads could be stopped.
    pub fn try_find(&self) -> Result<Vec<Leak>, Incomplete> {
        let now = Instant::now();
        let mut leaks = Vec::new();
        each_stack(Look::at(self.of), |g| {
            let found = nothing_to_wait_for(g).map(|why| (Certainty::Proven, why));
            let found = found.or_else(|| {
                let why = waits_for_others(g)?;
                let waited = now.saturating_duration_since(g.info.waiting_since?);
                (waited >= self.likely_after).then_some((Certainty::Likely, why))
            });
            leaks.extend(found.map(|(certainty, why)| Leak {
                goroutine: g.clone(),
                certainty,
                why,
            }));
            ControlFlow::Continue(())
        });
        let complete = self.add_unreachable(&mut leaks);
        leaks.sort_by_key(|leak| (leak.certainty, leak.goroutine.info.id));
        match complete {
            true => Ok(leaks),
            false => Err(Incomplete { found: leaks }),
        }
    }
}

impl Search {
    /// Those that wait for channels nobody can reach any more. False: that could not be found out.
    fn add_unreachable(&self, leaks: &mut Vec<Leak>) -> bool {
        let Some(ids) = reach::unreachable() else {
            return false;
        };
        if ids.is_empty() {
            return true;
        }
        let ids: HashSet<u64> = ids.into_iter().collect();
        let is_one = |g: &GoroutineStack| ids.contains(&g.info.id.as_u64().get());
        leaks.retain(|leak| !is_one(&leak.goroutine));
        each_stack(Look::at(self.of), |g| {
            leaks.extend(is_one(g).then(|| Leak {
                goroutine: g.clone(),
                certainty: Certainty::Proven,
                why: "nothing that can still run has the channel it waits for",
            }));
            ControlFlow::Continue(())
        });
        true
    }
}

/// A search that could not look everywhere.
#[derive(Debug, thiserror::Error)]
#[error(
    "leaked goroutines could not be searched for: a thread did not stop (it blocks SIGPROF), or its \
     memory could not be read"
)]
#[non_exhaustive]
pub struct Incomplete {
    /// What was found all the same.
    pub found: Vec<Leak>,
}

/// Its wait has no other side.
fn nothing_to_wait_for(g: &GoroutineStack) -> Option<&'static str> {
    let info = &g.info;
    if info.status != Status::Waiting || info.may_time_out {
        return None;
    }
    match info.wait_reason {
        WaitReason::ChanReceiveNil => Some("it receives from a nil channel"),
        WaitReason::ChanSendNil => Some("it sends to a nil channel"),
        // How a main says that it has nothing more to do.
        WaitReason::SelectNoCases if info.created_by.is_none() => None,
        WaitReason::SelectNoCases => Some("it selects among no cases"),
        // Cases on channels are queued at those, and the wait says where.
        WaitReason::Select if info.waits_for_nothing => Some("it selects among nil channels"),
        _ => None,
    }
}

/// It waits for somebody, with no limit.
fn waits_for_others(g: &GoroutineStack) -> Option<&'static str> {
    let info = &g.info;
    if info.status != Status::Waiting || info.may_time_out {
        return None;
    }
    Some(match info.wait_reason {
        WaitReason::ChanReceive => "it has long waited for a sender",
        WaitReason::ChanSend => "it has long waited for a receiver",
        WaitReason::Select => "it has long waited in a select",
        WaitReason::MutexLock | WaitReason::RwMutexLock | WaitReason::RwMutexRLock => {
            "it has long waited for a lock"
        }
        WaitReason::WaitGroupWait => "it has long waited for a wait group",
        WaitReason::CondWait => "it has long waited for a condition",
        WaitReason::Semacquire => "it has long waited for a semaphore",
        WaitReason::Join => "it has long waited for another goroutine's end",
        WaitReason::Future => "it has long waited for a future",
        _ => return None,
    })
}

/// Leaks as text, each with its stack.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a>(pub &'a [Leak]);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut text, mut out) = (Text::new(), Vec::new());
        for leak in self.0 {
            let sure = match leak.certainty {
                Certainty::Proven => "can never run again",
                Certainty::Likely => "may be leaked",
            };
            let id = leak.goroutine.info.id;
            // Writing to memory does not fail.
            let _ = writeln!(out, "goroutine {id} {sure}: {}", leak.why);
            let _ = text.write(&mut out, &leak.goroutine);
        }
        f.write_str(&String::from_utf8_lossy(&out))
    }
}

/// Fails if a goroutine of any runtime can never run again.
///
/// # Panics
/// Then, with the stacks of all of them. Only with what is [proven](self#what-is-proven). Also if that
/// could not be found out: see [`Incomplete`].
#[track_caller]
pub fn assert_no_leaks() {
    let mut leaks = match Search::new().try_find() {
        Ok(leaks) => leaks,
        Err(incomplete) => panic!("{incomplete}"),
    };
    leaks.retain(|leak| leak.certainty == Certainty::Proven);
    assert!(
        leaks.is_empty(),
        "{} goroutines leaked:\n\n{}",
        leaks.len(),
        Report(&leaks)
    );
}

/// The leak profile.
pub(crate) fn profile() -> Samples {
    let mut samples = Samples::new(&[("goroutineleak", "count")]);
    samples.period = Some((("goroutineleak", "count"), 1));
    for leak in Search::new().find() {
        let mut key = crate::profile::key_of(&leak.goroutine);
        let sure = match leak.certainty {
            Certainty::Proven => "proven",
            Certainty::Likely => "likely",
        };
        key.labels.push(("leak", sure.to_owned()));
        samples.add(key, &[1]);
    }
    samples
}
