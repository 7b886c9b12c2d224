//! When a cycle begins, how large the heap may become, and what marking an allocation owes.
//!
//! Go's rules: the goal is what was live at the last cycle's end plus `percent` of it, at least
//! 4 MiB × percent / 100; a memory limit lowers it. A cycle starts ahead of the goal by what the
//! last one needed. All in bytes.

use gompa_park::lock::real::Lock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// What is allocated: marked in the last cycle plus handed out since.
static LIVE: AtomicU64 = AtomicU64::new(0);
/// Where a cycle starts.
static TRIGGER: AtomicU64 = AtomicU64::new(MINIMUM * 7 / 10);
/// Where it should have ended.
static GOAL: AtomicU64 = AtomicU64::new(MINIMUM);
/// Marking owed for each 1024 bytes allocated, in this cycle.
static RATIO: AtomicU64 = AtomicU64::new(0);

/// Go's least goal at 100 %.
const MINIMUM: u64 = 4 << 20;

static RULES: Lock<Rules> = Lock::new(Rules {
    percent: 100,
    limit: i64::MAX as u64,
    marked: 0,
    rates: [0; 4],
    began: 0,
});

struct Rules {
    /// GOGC; below 0: off.
    percent: i32,
    /// The limit on memory in use.
    limit: u64,
    /// Live at the last cycle's end.
    marked: u64,
    /// For each of the last cycles, bytes allocated meanwhile for 1024 bytes marked.
    rates: [u64; 4],
    /// Live when this cycle began.
    began: u64,
}

impl Rules {
    fn apply(&self) {
        let goal = self.goal();
        GOAL.store(goal, Relaxed);
        TRIGGER.store(self.trigger(goal), Relaxed);
    }

    fn trigger(&self, goal: u64) -> u64 {
        let room = goal.saturating_sub(self.marked);
        // Go's bounds: not before 70 % of the way, not after 95 %.
        let (early, late) = (self.marked + room / 64 * 45, self.marked + room / 64 * 61);
        // As much as will be allocated while this much is marked, by the worst of the last rates.
        let rate = self.rates.iter().max().expect("there are four");
        let runway = (self.marked / 1024).saturating_mul(*rate);
        let wished = goal.saturating_sub(runway);
        if goal == u64::MAX {
            u64::MAX
        } else {
            wished.clamp(early, late)
        }
    }

    fn goal(&self) -> u64 {
        let goal = match u64::try_from(self.percent) {
            Ok(percent) => {
                let live = self.marked + self.marked.saturating_mul(percent) / 100;
                live.max(MINIMUM * percent / 100)
            }
            Err(_) => u64::MAX,
        };
        // The limit counts everything; headroom for what is not objects, as Go leaves.
        let headroom = (self.limit / 33).max(1 << 20);
        let limit = self.limit.saturating_sub(headroom).max(self.marked);
        if self.limit == i64::MAX as u64 {
            goal
        } else {
            goal.min(limit)
        }
    }
}

/// `bytes` were handed out; whether a cycle should start.
#[inline]
pub(crate) fn charge(bytes: u64) -> bool {
    LIVE.fetch_add(bytes, Relaxed) + bytes >= TRIGGER.load(Relaxed)
}

/// Whether the heap is past its goal.
pub(crate) fn is_past_goal() -> bool {
    LIVE.load(Relaxed) > GOAL.load(Relaxed)
}

/// What marking `bytes` of allocation owe.
pub(crate) fn owed(bytes: u64) -> i64 {
    (bytes * RATIO.load(Relaxed) / 1024) as i64
}

/// A cycle begins: sets the ratio.
pub(crate) fn begin() {
    let mut rules = RULES.lock();
    let live = LIVE.load(Relaxed);
    rules.began = live;
    // All that was live must be marked again; in the room that is left, or soon if none is.
    let work = rules.marked.max(live / 2);
    let room = GOAL
        .load(Relaxed)
        .saturating_sub(live)
        .max(live / 20)
        .max(64 << 10);
    RATIO.store((work * 1024 / room).min(64 << 10), Relaxed);
}

/// It has ended with `marked` bytes marked, not counting what was born black.
pub(crate) fn end(marked: u64) {
    let mut rules = RULES.lock();
    let born = LIVE.load(Relaxed).saturating_sub(rules.began);
    rules.rates.rotate_right(1);
    rules.rates[0] = born.saturating_mul(1024) / marked.max(1);
    rules.marked = marked + born;
    // What was handed out between the two loads is lost to the count: runs, not more.
    LIVE.store(rules.marked, Relaxed);
    rules.apply();
}

/// Bytes live, at most.
pub(crate) fn live() -> u64 {
    LIVE.load(Relaxed)
}

/// The goal of the running cycle, or of the next.
pub(crate) fn goal() -> u64 {
    GOAL.load(Relaxed)
}

/// Live when the running cycle began.
pub(crate) fn began() -> u64 {
    RULES.lock().began
}

/// Sets GOGC; returns the one before.
pub(crate) fn set_percent(percent: i32) -> i32 {
    let mut rules = RULES.lock();
    let before = std::mem::replace(&mut rules.percent, percent.max(-1));
    rules.apply();
    before
}

/// Sets the limit, or only asks; returns the one before.
pub(crate) fn set_limit(limit: Option<u64>) -> u64 {
    let mut rules = RULES.lock();
    let before = rules.limit;
    if let Some(limit) = limit {
        rules.limit = limit;
        rules.apply();
    }
    before
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn no_knob_is_too_large() {
        for percent in [-1, 0, 100, i32::MAX] {
            for limit in [0, 1 << 30, i64::MAX as u64 - 1, i64::MAX as u64] {
                for marked in [0, 1 << 20, 1 << 40] {
                    let rules = Rules {
                        percent,
                        limit,
                        marked,
                        rates: [0, 0, 0, u64::MAX],
                        began: marked,
                    };
                    let (trigger, goal) = (rules.trigger(rules.goal()), rules.goal());
                    assert!(marked <= trigger && trigger <= goal, "{trigger} {goal}");
                }
            }
        }
    }
}
