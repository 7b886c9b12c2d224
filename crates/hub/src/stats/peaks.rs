//! How full the run queues have been lately.
//!
//! A queue fills and empties within microseconds, so a look at one instant finds it empty, all the
//! more since whoever looks has come through a queue itself. While somebody watches, a goroutine
//! looks every few milliseconds and keeps the highest of the current window and of the one before:
//!
//! ```text
//!   time ──────┬────────────┬──────■
//!              │   before   │ now      peak = max(before, now): of 250 to 500 ms
//! ```
//!
//! Nobody watches: no goroutine, no cost.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::rt::debug::{SchedStats, sched_stats};
use crate::rt::{go, time};

/// Time between two looks.
const PERIOD: Duration = Duration::from_millis(4);
/// Length of a window.
const WINDOW: Duration = Duration::from_millis(250);
/// Who has not asked for so long does not watch any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// The highest fillings of late.
#[derive(Debug, Default)]
pub struct Peaks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Until when the goroutine goes on; there is none if this is none.
    until: Option<Instant>,
    /// When the current window began.
    began: Option<Instant>,
    now: Levels,
    before: Levels,
}

/// One filling a queue.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Levels {
    /// Of the global queue.
    pub global: usize,
    /// Of each P's ring, `runnext` included.
    pub local: Vec<usize>,
}

impl Levels {
    fn of(stats: &SchedStats) -> Levels {
        let local = stats
            .procs
            .iter()
            .map(|p| p.queue + usize::from(p.has_next));
        Levels {
            global: stats.global_queue,
            local: local.collect(),
        }
    }

    /// Raises these to those; there may be another number of Ps meanwhile.
    fn raise(&mut self, to: &Levels) {
        self.global = self.global.max(to.global);
        self.local.resize(to.local.len(), 0);
        for (mine, theirs) in self.local.iter_mut().zip(&to.local) {
            *mine = (*mine).max(*theirs);
        }
    }
}

impl Peaks {
    /// The peaks, given the levels of this moment. From now on somebody watches.
    pub fn watch(self: &Arc<Peaks>, stats: &SchedStats) -> Levels {
        let at = Instant::now();
        let mut state = self.lock();
        if state.until.replace(at + PATIENCE).is_none() {
            let peaks = Arc::clone(self);
            drop(go(move || peaks.look()));
        }
        state.add(&Levels::of(stats), at);
        state.peak()
    }

    /// The goroutine.
    fn look(&self) {
        loop {
            time::sleep(PERIOD);
            let levels = Levels::of(&sched_stats());
            let at = Instant::now();
            let mut state = self.lock();
            if state.until.is_none_or(|until| until < at) {
                *state = State::default();
                return;
            }
            state.add(&levels, at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, levels: &Levels, at: Instant) {
        if at.duration_since(*self.began.get_or_insert(at)) >= WINDOW {
            self.began = Some(at);
            self.before = std::mem::take(&mut self.now);
        }
        self.now.raise(levels);
    }

    fn peak(&self) -> Levels {
        let mut peak = self.before.clone();
        peak.raise(&self.now);
        peak
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(global: usize, local: &[usize]) -> Levels {
        Levels {
            global,
            local: local.into(),
        }
    }

    #[test]
    fn the_highest_of_two_windows() {
        let mut state = State::default();
        let begin = Instant::now();
        let mut add = |l: Levels, windows: u32| {
            state.add(&l, begin + windows * WINDOW);
            state.peak()
        };
        assert_eq!(add(levels(1, &[5, 0]), 0), levels(1, &[5, 0]));
        assert_eq!(add(levels(0, &[2, 3]), 0), levels(1, &[5, 3]));
        assert_eq!(add(levels(0, &[1, 1]), 1), levels(1, &[5, 3]));
        assert_eq!(add(levels(0, &[0, 0]), 2), levels(0, &[1, 1]));
        assert_eq!(add(levels(0, &[0, 0, 9]), 2), levels(0, &[1, 1, 9]));
        assert_eq!(
            add(levels(0, &[7]), 2),
            levels(0, &[7]),
            "fewer Ps than before"
        );
    }

    #[test]
    fn the_goroutine_comes_with_a_watcher_and_goes_without() {
        let peaks = Arc::new(Peaks::default());
        assert!(peaks.lock().until.is_none());
        assert!(!peaks.watch(&sched_stats()).local.is_empty());
        assert!(peaks.lock().until.is_some());
        let deadline = Instant::now() + Duration::from_secs(30);
        while peaks.lock().until.is_some() {
            assert!(Instant::now() < deadline, "it goes on without a watcher");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
