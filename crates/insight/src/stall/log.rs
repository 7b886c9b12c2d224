//! A line for a stall.

use super::{Site, stalls};
use crate::{say, trace};
use gompa_sched::debug::{Stall, wait_for_stall};
use gompa_unwind::names::Names;
use std::path::PathBuf;
use std::sync::Once;
use std::time::{Duration, Instant};

/// What to do at a stall.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Log {
    /// Write what the flight recorder holds to a file in this folder, at most one in [`TRACE_EVERY`].
    pub traces: Option<PathBuf>,
}

impl Log {
    /// A line on stderr, no more.
    pub fn new() -> Log {
        Log::default()
    }

    /// Also writes traces to `folder`.
    pub fn traces(mut self, folder: impl Into<PathBuf>) -> Log {
        self.traces = Some(folder.into());
        self
    }
}

/// Between two lines at the least.
const LINE_EVERY: Duration = Duration::from_secs(1);
/// Between two traces at the least.
const TRACE_EVERY: Duration = Duration::from_secs(60);

/// From now on a stall prints a line on stderr: a site's first, and then each time that its count has
/// doubled; one line a second in all. A thread does that, which sleeps while nothing stalls. Called
/// twice, the first stays.
pub fn log(what: Log) {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        let run = move || watch(&what);
        let started = std::thread::Builder::new()
            .name("gompa-stalls".into())
            .spawn(run);
        if let Err(e) = started {
            say(&format!("gompa: stalls will not be logged: {e}"));
        }
    });
}

fn watch(what: &Log) {
    let mut told = Vec::new();
    let mut names = Names::new();
    let mut last_trace: Option<Instant> = None;
    let mut seen = 0;
    loop {
        seen = wait_for_stall(seen);
        let all = stalls();
        let due = due(&all, &mut told);
        if due.is_empty() {
            continue;
        }
        for stall in due {
            say(&format!("gompa: stall: {}", Site::of(stall, &mut names)));
        }
        if let Some(folder) = &what.traces
            && last_trace.is_none_or(|at| at.elapsed() >= TRACE_EVERY)
        {
            last_trace = Some(Instant::now());
            match trace::write_file(folder) {
                Ok(path) => say(&format!("gompa: trace of the stall: {}", path.display())),
                Err(e) => say(&format!("gompa: cannot write a trace of the stall: {e}")),
            }
        }
        std::thread::sleep(LINE_EVERY);
    }
}

/// The sites of which a line is due; `told` holds at which count each had its last line.
fn due(all: &[Stall], told: &mut Vec<u64>) -> Vec<Stall> {
    told.resize(all.len(), 0);
    let due = |(stall, told): (&Stall, &mut u64)| {
        let due = stall.count >= 1 && stall.count >= *told * 2;
        if due {
            *told = stall.count;
        }
        due.then(|| stall.clone())
    };
    all.iter().zip(told).filter_map(due).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_ever_more_rarely() {
        let id = gompa_sched::run(|| gompa_sched::current().unwrap());
        let stall = |count| {
            let mut stall = crate::stall::tests::example(id);
            stall.count = count;
            stall
        };
        let mut told = Vec::new();
        let lines: Vec<u64> = (1..=100)
            .filter(|n| !due(&[stall(*n)], &mut told).is_empty())
            .collect();
        assert_eq!(lines, [1, 2, 4, 8, 16, 32, 64]);
        assert_eq!(
            due(&[stall(100), stall(1)], &mut told).len(),
            1,
            "a new one"
        );
    }
}
