//! A cycle in steps. Whoever has the [`CYCLE`] takes the next one: a worker of the collector's, a
//! mutator that has to pay, somebody who wants a cycle. No step waits for anybody: where the cycle
//! has to wait, the step says so, and whoever comes next looks again.

use super::gate_at;
use super::grey::{self, Grey};
use super::mark::{MARKED, POOL, is_marked};
use super::quiet::Quiet;
use super::trace_line::{self, Timing};
use super::{cleanup, governor, pacer, pay, request};
use crate::api::{root, weak};
use crate::heap::{class, large, pages};
use crate::mutator::pin;
use crate::mutator::registry;
use crate::mutator::worker::Worker;
use crate::profile::{sampler, table};
use crate::protocol::phase::{Ctl, Phase};
use gompa_park::lock::real::Lock;
use gompa_park::{barrier, time};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

/// Looks at a busy mutator before a step gives up.
const PATIENCE: u32 = 300;
/// Mutators scanned in one step, and spans swept.
const MANY: usize = 256;
const SPANS: usize = 32;
/// Bytes given back to the system in one step.
const RELEASE: usize = 4 << 20;

/// Where the cycle is. Between two stages an announcement may have to be seen by all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is none.
    Idle,
    /// The barrier is announced; nobody relies on it.
    Barrier,
    /// Again: of two stores to one field, one may have begun before the barrier was on everywhere,
    /// with the other one's old value read already.
    BarrierAgain,
    /// `Mark` is announced.
    Announced,
    /// Mutators are scanned, from this one on.
    Scan(usize),
    /// Whatever is grey is marked.
    Mark,
    /// `Term` is announced: the verdict follows.
    Term,
    /// Something was grey after all: `Mark` is announced again.
    Back,
    /// The verdict is known, `Off` announced.
    Off,
    /// What died is swept.
    Sweep,
    /// Memory is given back to the system, unless another cycle is wanted.
    Release,
}

struct Cycle {
    stage: Stage,
    n: u64,
    /// Who may not have seen the last announcement, from `seen` on.
    told: Vec<&'static Worker>,
    seen: usize,
    timing: Option<Timing>,
    /// From the announcement of `Term` to the verdict, if somebody wants a look at the heap.
    quiet: Option<Quiet>,
}

/// The cycle, in one hand at a time.
static CYCLE: Lock<Cycle> = Lock::new(Cycle {
    stage: Stage::Idle,
    n: 0,
    told: Vec::new(),
    seen: 0,
    timing: None,
    quiet: None,
});

/// There is one.
static UNDER_WAY: AtomicBool = AtomicBool::new(false);

/// Whether a cycle is under way, sweep included.
#[inline]
pub(crate) fn is_under_way() -> bool {
    UNDER_WAY.load(Relaxed)
}

/// Makes grey what was logged, unless somebody else has the cycle. Also in an operation.
pub(crate) fn empty_logs() {
    if let Some(cycle) = CYCLE.try_lock()
        && cycle.stage == Stage::Mark
    {
        grey::from_logs(cycle.n);
    }
}

/// What a step has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// There is no cycle, and none is wanted.
    Idle,
    /// The cycle is further.
    Moved,
    /// Marking is under way: there are grey objects, or somebody has some.
    Marking,
    /// Somebody is in an operation.
    Waiting,
    /// Somebody is in a pin.
    Pinned,
}

/// Takes a step; waits while another one takes his.
pub(crate) fn step() -> Step {
    take(&mut CYCLE.lock())
}

/// Takes a step, unless somebody else is at it.
pub(crate) fn try_step() -> Option<Step> {
    Some(take(&mut *CYCLE.try_lock()?))
}

fn take(cycle: &mut Cycle) -> Step {
    /// A cycle that was left in the middle of a step would never end.
    struct Abort;
    impl Drop for Abort {
        fn drop(&mut self) {
            if std::thread::panicking() {
                gompa_park::stderr::write("fatal error: gompa-gc: the collector panicked\n");
                std::process::abort();
            }
        }
    }
    let _abort = Abort;
    cycle.step()
}

impl Cycle {
    fn step(&mut self) -> Step {
        let n = self.n;
        match self.stage {
            Stage::Idle => return self.begin(),
            Stage::Barrier => {
                if let Some(wait) = self.unseen() {
                    return wait;
                }
                self.wait_for(registry::workers());
                self.stage = Stage::BarrierAgain;
            }
            Stage::BarrierAgain => {
                if let Some(wait) = self.unseen() {
                    return wait;
                }
                gate_at!(Prepared);
                self.announce(Phase::Mark, Stage::Announced);
            }
            Stage::Announced => {
                if let Some(wait) = self.unseen() {
                    return wait;
                }
                let mut grey = Grey::default();
                root::each(|object| grey.push(object));
                grey.share();
                self.stage = Stage::Scan(0);
            }
            Stage::Scan(from) => self.scan(from),
            Stage::Mark => return self.mark(),
            Stage::Term => {
                if let Some(wait) = self.unseen() {
                    return wait;
                }
                self.verdict();
            }
            Stage::Back => {
                if let Some(wait) = self.unseen() {
                    return wait;
                }
                self.stage = Stage::Mark;
            }
            Stage::Off => {
                if let Some(wait) = self.unseen() {
                    return wait;
                }
                for w in registry::workers() {
                    w.log.drain(|_| {});
                    w.keep_up(n);
                }
                let timing = self.timing.as_mut().expect("a cycle is timed");
                timing.ended();
                trace_line::print(timing, n);
                large::sweep(n);
                self.stage = Stage::Sweep;
            }
            Stage::Sweep => {
                if !class::sweep_some(n, SPANS) {
                    pacer::notice();
                    self.stage = Stage::Release;
                }
            }
            Stage::Release => {
                let keep = pacer::keep().saturating_sub(pages::in_use());
                if request::is_pending() || !pages::release(keep, RELEASE) {
                    self.over();
                }
            }
        }
        Step::Moved
    }

    /// Begins a cycle, if one is wanted.
    fn begin(&mut self) -> Step {
        let Some(forced) = request::take() else {
            return Step::Idle;
        };
        if !forced && !sampler::is_stressed() && governor::is_over_budget() {
            pacer::postpone();
            request::begun(false);
            return Step::Idle;
        }
        UNDER_WAY.store(true, Relaxed);
        let mut timing = Timing::begin(forced);
        let last = registry::ctl().cycle();
        while class::sweep_some(last, SPANS) {}
        self.n = last + 1;
        MARKED.store(0, Relaxed);
        POOL.open(self.n);
        pacer::begin();
        pay::begin();
        request::begun(true);
        timing.swept();
        self.timing = Some(timing);
        self.announce(Phase::Prep, Stage::Barrier);
        Step::Moved
    }

    /// Scans some mutators; each once, unless it has done it itself.
    fn scan(&mut self, from: usize) {
        let mut grey = Grey::default();
        for i in from..from + MANY {
            let Some(m) = registry::mutator(i) else {
                grey.share();
                if let Some(timing) = &mut self.timing {
                    timing.scanned();
                }
                self.stage = Stage::Mark;
                gate_at!(Marking);
                return;
            };
            m.scan_for(self.n, |object| grey.push(object));
        }
        grey.share();
        self.stage = Stage::Scan(from + MANY);
    }

    /// Makes grey what was logged; or finds that nothing is grey at all.
    fn mark(&mut self) -> Step {
        if grey::from_logs(self.n) {
            return Step::Moved;
        }
        if !POOL.is_quiet() {
            return Step::Marking;
        }
        // All stacks are empty. What was shaded before this fence is in some log, if anything is
        // grey at all; nobody but us takes it out.
        barrier::heavy();
        if registry::workers().iter().all(|w| w.log.is_empty()) {
            gate_at!(Marked);
            self.quiet = Quiet::if_wanted();
            self.announce(Phase::Term, Stage::Term);
        }
        Step::Moved
    }

    /// Everybody knows that the end is near.
    fn verdict(&mut self) {
        let n = self.n;
        // What an upgrade of a weak pointer shaded before it knew.
        let mut late = Grey::default();
        grey::drain_logs(|object| late.push_unmarked(n, object));
        let quiet = self.quiet.take();
        if late.is_empty() {
            if let Some(quiet) = quiet {
                quiet.look(n);
            }
            // What is not marked now no mutator can reach. Weak pointers go first: a finalizer may
            // bring its object back, but not they.
            weak::clear(n);
            cleanup::resurrect(
                |object| is_marked(n, object),
                |object| {
                    late.push_unmarked(n, object);
                },
            );
        }
        if !late.is_empty() {
            late.share();
            return self.announce(Phase::Mark, Stage::Back);
        }
        if let Some(timing) = &mut self.timing {
            timing.marked();
        }
        cleanup::release(|object| is_marked(n, object));
        table::settle(n);
        pacer::end(MARKED.load(Relaxed));
        self.announce(Phase::Off, Stage::Off);
    }

    /// All is swept.
    fn over(&mut self) {
        governor::is_over_budget(); // up to date, in case nothing begins for long
        if let Some(timing) = self.timing.take() {
            timing.record();
        }
        cleanup::after_cycle();
        self.stage = Stage::Idle;
        UNDER_WAY.store(false, Relaxed);
        request::over();
    }

    /// Says that this holds; `next` is what follows when all have seen it.
    fn announce(&mut self, phase: Phase, next: Stage) {
        let told = registry::announce(Ctl::new(self.n, phase));
        self.wait_for(told);
        self.stage = next;
    }

    /// Every operation, and every pin, that is open now is to be closed.
    fn wait_for(&mut self, workers: Vec<&'static Worker>) {
        barrier::heavy();
        self.told = workers;
        self.seen = 0;
    }

    /// What it still waits for. One after the other: who was seen idle once has seen it.
    fn unseen(&mut self) -> Option<Step> {
        let mut patience = 0;
        while let Some(w) = self.told.get(self.seen) {
            if w.frame.is_idle() {
                self.seen += 1;
                continue;
            }
            patience += 1;
            if patience > PATIENCE {
                return Some(if w.frame.is_pinned() {
                    Step::Pinned
                } else {
                    Step::Waiting
                });
            }
            std::hint::spin_loop();
        }
        (!pin::none_adrift()).then_some(Step::Pinned)
    }
}

/// Nanoseconds since `began`.
pub(super) fn since(began: u64) -> u64 {
    time::now() - began
}
