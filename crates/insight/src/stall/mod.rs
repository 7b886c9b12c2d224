//! Stalls: goroutines that held their thread for more than 10 ms without saying so, by a blocking call
//! that is not in [`gompa_sched::blocking`] or by computing, while others waited. The scheduler helps
//! itself (it takes the P away), but each costs a thread, and tells of code to be looked at.
//!
//! Counted always, by call site: [`gompa_sched::debug::stalls`]. The stack is the culprit's, some 10 ms
//! into the stall: a computing thread is asked by a signal (`SIGURG`); of a sleeping one the kernel
//! tells the stack pointer, and it is not disturbed. [`report`] gives them with names; [`log`] prints a
//! line for a stall, with back-off.

mod log;

pub use log::{Log, log};

use gompa_sched::debug::{Stall, is_ours, stalls};
use gompa_unwind::names::{Frame, Names};
use std::fmt;
use std::time::Duration;

/// All stalls together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Totals {
    /// How many there were.
    pub count: u64,
    /// How long those lasted that are over, in nanoseconds.
    pub nanos: u64,
}

/// All stalls of the process together.
pub fn totals() -> Totals {
    stalls().iter().fold(Totals::default(), |sum, s| Totals {
        count: sum.count + s.count,
        nanos: sum.nanos + nanos(s.total),
    })
}

fn nanos(d: Duration) -> u64 {
    u64::try_from(d.as_nanos()).unwrap_or(u64::MAX)
}

/// A call site that has stalled, with names.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Site {
    /// How often, how long, who last.
    pub stall: Stall,
    /// The stack, innermost first, without the runtime's own frames.
    pub stack: Vec<Frame>,
}

impl Site {
    fn of(stall: Stall, names: &mut Names) -> Site {
        let mut stack = Vec::new();
        for address in gompa_unwind::names::places(&stall.frames) {
            stack.extend(names.of(address).iter().cloned());
        }
        stack.retain(|f| !is_ours(&f.function));
        Site { stall, stack }
    }

    /// The innermost frame that is neither the runtime's nor a standard library's: the call to look at.
    pub fn culprit(&self) -> Option<&Frame> {
        let users = |f: &&Frame| {
            let foreign = [
                "std::", "core::", "alloc::", "<std::", "<core::", "<alloc::",
            ];
            f.file.is_some() && !foreign.iter().any(|p| f.function.starts_with(p))
        };
        self.stack.iter().find(users).or(self.stack.first())
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = &self.stall;
        match self.culprit() {
            Some(frame) => {
                f.write_str(&frame.function)?;
                if let Some(file) = &frame.file {
                    write!(f, " ({}:{})", file.display(), frame.line)?;
                }
            }
            None => f.write_str("(stack unknown)")?,
        }
        let how = if s.asleep {
            "slept in a blocking call that is not declared"
        } else {
            "kept computing"
        };
        write!(
            f,
            " {how}: {} times, {:.1?} in all, {:.1?} at most; last goroutine {}, started at {}",
            s.count, s.total, s.longest, s.goroutine, s.created_at
        )
    }
}

/// The sites so far, the one with the most time first. Looking up names takes milliseconds the first
/// time.
pub fn report() -> Vec<Site> {
    let mut names = Names::new();
    let mut sites: Vec<Site> = stalls()
        .into_iter()
        .map(|s| Site::of(s, &mut names))
        .collect();
    sites.sort_by_key(|s| std::cmp::Reverse((s.stall.total, s.stall.count)));
    sites
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stall of `id` whose stack is unknown.
    pub(super) fn example(id: gompa_sched::GoroutineId) -> Stall {
        Stall::unknown(id, std::panic::Location::caller())
    }

    #[test]
    fn a_site_says_who_and_how_often() {
        let id = gompa_sched::run(|| gompa_sched::current().unwrap());
        let site = Site::of(example(id), &mut Names::new());
        let text = site.to_string();
        assert!(
            text.starts_with("(stack unknown) kept computing: 1 times"),
            "{text}"
        );
        assert!(text.contains("stall/mod.rs:"), "{text}");
    }
}
