//! When a cycle begins, how large the heap may become, and what marking an allocation owes.
//!
//! Go's rules: the goal is what was live at the last cycle's end plus `percent` of it, at least
//! 4 MiB × percent / 100; a memory limit lowers it, a floor lifts it. A cycle starts ahead of the goal
//! by what the last ones needed. All in bytes.
//!
//! ```text
//!   marked              trigger        goal           far past
//!     |--------------------|------------|----------------|
//!      allocation is free   allocation   owes more and     waits until the
//!                           owes marking more              cycle is over
//! ```

use super::cgroup;
use super::governor;
use super::mark::MARKED;
use crate::heap::pages;
use gompa_park::lock::real::Lock;
use gompa_park::time;
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
/// Bytes that this cycle is going to mark, as it seems.
static WORK: AtomicU64 = AtomicU64::new(0);

/// Go's least goal at 100 %.
const MINIMUM: u64 = 4 << 20;
/// No limit, as Go writes it.
const NONE: u64 = i64::MAX as u64;
/// The most that 1024 bytes ever owe.
const DEAREST: u64 = 64 << 10;
/// Nanoseconds between two looks at the cgroup.
const LOOK: u64 = 5_000_000_000;

static RULES: Lock<Rules> = Lock::new(Rules {
    percent: 100,
    limit: NONE,
    is_chosen: false,
    around: NONE,
    looked: 0,
    floor: 0,
    marked: 0,
    rates: [0; 4],
    began: 0,
});

struct Rules {
    /// GOGC; below 0: off.
    percent: i32,
    /// The limit on memory in use that was set.
    limit: u64,
    /// It was set, be it to none: the cgroup's does not count.
    is_chosen: bool,
    /// What the cgroup leaves to the heap; when that was found out.
    around: u64,
    looked: u64,
    /// No cycle is over below this.
    floor: u64,
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

    /// By `percent` and floor alone.
    fn wanted(&self) -> u64 {
        let goal = match u64::try_from(self.percent) {
            Ok(percent) => {
                let live = self.marked + self.marked.saturating_mul(percent) / 100;
                live.max(MINIMUM * percent / 100)
            }
            Err(_) => u64::MAX,
        };
        goal.max(self.floor)
    }

    /// What the limit that holds allows.
    fn allowed(&self) -> u64 {
        let limit = self.in_force();
        if limit == NONE {
            return u64::MAX;
        }
        // It counts everything; headroom for what is not objects, as Go leaves.
        limit.saturating_sub((limit / 33).max(1 << 20))
    }

    fn in_force(&self) -> u64 {
        if self.is_chosen {
            self.limit
        } else {
            self.around
        }
    }

    fn goal(&self) -> u64 {
        self.wanted().min(self.allowed().max(self.marked))
    }
}

/// `bytes` were handed out; whether a cycle should start.
#[inline]
pub(crate) fn charge(bytes: u64) -> bool {
    LIVE.fetch_add(bytes, Relaxed) + bytes >= TRIGGER.load(Relaxed)
}

/// Whether a cycle should have begun for some time: between trigger and goal, or later.
pub(crate) fn is_late() -> bool {
    let (trigger, goal) = (TRIGGER.load(Relaxed), GOAL.load(Relaxed));
    LIVE.load(Relaxed) > trigger.saturating_add(goal.saturating_sub(trigger) / 4)
}

/// Whether the heap is so far past its goal that nobody may go on: an eighth. A heap whose goal leaves no room at
/// all has a little more.
pub(crate) fn is_far_past_goal() -> bool {
    let goal = GOAL.load(Relaxed);
    LIVE.load(Relaxed) > goal.saturating_add((goal / 8).max(1 << 20))
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
    // All that was live must be marked again.
    WORK.store(rules.marked.max(live / 2), Relaxed);
    // Who has not heard of this cycle yet must not ask for another one.
    TRIGGER.store(u64::MAX, Relaxed);
    drop(rules);
    revise();
}

/// Sets the ratio anew: what is left to mark in the room that is left; past the goal, in what is left
/// of the eighth behind it.
pub(crate) fn revise() {
    let (live, goal, work) = (LIVE.load(Relaxed), GOAL.load(Relaxed), WORK.load(Relaxed));
    let left = work
        .saturating_sub(MARKED.load(Relaxed))
        .max(work / 32)
        .max(64 << 10);
    let end = if live < goal {
        goal
    } else {
        goal.saturating_add(goal / 8)
    };
    let room = end.saturating_sub(live).max(goal / 64).max(64 << 10);
    let ratio = u128::from(left) * 1024 / u128::from(room);
    RATIO.store(ratio.min(u128::from(DEAREST)) as u64, Relaxed);
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

/// The governor says that there have been cycles enough for now: the heap may grow a little first.
pub(crate) fn postpone() {
    let live = LIVE.load(Relaxed);
    let rules = RULES.lock();
    let goal = rules
        .wanted()
        .min(live.saturating_add(live / 8 + (1 << 20)));
    GOAL.store(goal.max(live), Relaxed);
    TRIGGER.store(live + (goal.saturating_sub(live)) / 2, Relaxed);
}

/// Whether it is a limit that lowers the goal, and what is live is more than it allows.
pub(crate) fn exceeded() -> Option<Exceeded> {
    let rules = RULES.lock();
    let live = LIVE.load(Relaxed);
    let is_limited = rules.allowed() < rules.wanted() && live > rules.allowed();
    is_limited.then(|| Exceeded {
        limit: rules.in_force(),
        heap: live,
    })
}

/// A limit, and a heap that is larger.
pub(crate) struct Exceeded {
    pub(crate) limit: u64,
    pub(crate) heap: u64,
}

/// Looks at the cgroup, now and then: its limit may change, and so does what the process needs apart
/// from the heap.
pub(super) fn notice() {
    let now = time::now();
    {
        let mut rules = RULES.lock();
        if rules.is_chosen || rules.looked != 0 && now - rules.looked < LOOK {
            return;
        }
        rules.looked = now;
    }
    let heap = (pages::in_use() + pages::idle()) as u64;
    let around = cgroup::room_for(heap).map_or(NONE, |room| room.min(NONE));
    let mut rules = RULES.lock();
    rules.around = around;
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

/// Bytes of pages, in use or free, that are worth keeping: a tenth more than the goal, and not more
/// than the limit.
pub(super) fn keep() -> usize {
    let limit = RULES.lock().in_force();
    let goal = goal();
    usize::try_from(goal.saturating_add(goal / 10).min(limit)).unwrap_or(usize::MAX)
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

/// Whether GOGC is off.
pub(super) fn is_off() -> bool {
    RULES.lock().percent < 0
}

/// Sets the limit; returns the one before.
pub(crate) fn set_limit(limit: u64) -> u64 {
    let mut rules = RULES.lock();
    let before = rules.limit;
    rules.limit = limit.min(NONE);
    rules.is_chosen = true;
    rules.apply();
    drop(rules);
    governor::begin_anew();
    before
}

/// The limit that holds, be it set or the cgroup's.
pub(crate) fn limit() -> u64 {
    RULES.lock().in_force()
}

/// Sets the floor; returns the one before.
pub(crate) fn set_floor(floor: u64) -> u64 {
    let mut rules = RULES.lock();
    let before = std::mem::replace(&mut rules.floor, floor);
    rules.apply();
    before
}

#[cfg(test)]
mod tests {
    use super::{NONE, Rules};

    fn rules(percent: i32, limit: u64, floor: u64, marked: u64) -> Rules {
        Rules {
            percent,
            limit,
            is_chosen: true,
            around: NONE,
            looked: 0,
            floor,
            marked,
            rates: [0, 0, 0, u64::MAX],
            began: marked,
        }
    }

    #[test]
    fn no_knob_is_too_large() {
        for percent in [-1, 0, 100, i32::MAX] {
            for limit in [0, 1 << 30, NONE - 1, NONE] {
                for floor in [0, 1 << 30, u64::MAX] {
                    for marked in [0, 1 << 20, 1 << 40] {
                        let rules = rules(percent, limit, floor, marked);
                        let (trigger, goal) = (rules.trigger(rules.goal()), rules.goal());
                        assert!(marked <= trigger && trigger <= goal, "{trigger} {goal}");
                    }
                }
            }
        }
    }

    #[test]
    fn limit_and_floor() {
        const MB: u64 = 1 << 20;
        assert_eq!(rules(100, NONE, 0, 10 * MB).goal(), 20 * MB);
        assert_eq!(rules(100, NONE, 64 * MB, 10 * MB).goal(), 64 * MB);
        // The limit wins over the floor, and what lives over the limit.
        assert_eq!(rules(100, 33 * MB, 64 * MB, 10 * MB).goal(), 32 * MB);
        assert_eq!(rules(100, 33 * MB, 64 * MB, 40 * MB).goal(), 40 * MB);
        assert_eq!(rules(-1, 33 * MB, 0, 10 * MB).goal(), 32 * MB);
        // A cgroup counts where nothing was set.
        let mut rules = rules(100, NONE, 0, 100 * MB);
        rules.around = 133 * MB;
        assert_eq!(rules.goal(), 200 * MB);
        rules.is_chosen = false;
        assert!(rules.goal() < 130 * MB);
    }
}
