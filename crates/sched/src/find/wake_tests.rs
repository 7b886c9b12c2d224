//! No wake-up is lost: the protocol of `README.md`, with the counters of the product ([`Wakes`]) and
//! all else reduced to what it needs. Work is a number, Ps and stopped Ms are lists under a lock; a
//! submitter who starts a new M becomes that M.

use crate::global::wakes::Wakes;
use gompa_park::sync::atomic::Ordering::SeqCst;
use gompa_park::sync::atomic::{AtomicBool, AtomicUsize};
use gompa_park::sync::{Arc, thread};
use loom::sync::{Mutex, MutexGuard, Notify};

struct World {
    wakes: Wakes,
    /// Goroutines in the global queue.
    work: AtomicUsize,
    /// Goroutines in the queue of a P whose M is busy with another. Only where there is such a P: a
    /// look at one word more costs every model.
    elsewhere: Option<AtomicUsize>,
    /// Goroutines that have run.
    done: AtomicUsize,
    /// How many there will have been.
    total: usize,
    inner: Mutex<Inner>,
    /// An M sleeps in the poller, or is about to.
    sleeper: AtomicBool,
    /// Breaks its sleep.
    poller: Notify,
    /// All work is done: sleepers and stopped Ms may go.
    over: AtomicBool,
    finished: Notify,
}

struct Inner {
    idle_ps: usize,
    /// Stopped Ms, by what rings them.
    stopped: Vec<Arc<Stopped>>,
}

/// A stopped M.
struct Stopped {
    note: Notify,
    /// It was handed a P.
    handed: AtomicBool,
    /// To look for work with it. Written before.
    spinning: AtomicBool,
}

impl Stopped {
    fn hand(&self, spinning: bool) {
        self.spinning.store(spinning, SeqCst);
        self.handed.store(true, SeqCst);
        self.note.notify();
    }
}

/// An M without a goroutine.
#[derive(Default)]
struct M {
    has_p: bool,
    spinning: bool,
}

impl World {
    /// With `busy` Ps in the hands of Ms of the test, and `idle` ones.
    fn new(total: usize, idle: usize) -> Arc<World> {
        Arc::new(World::with(total, idle))
    }

    fn with(total: usize, idle: usize) -> World {
        let world = World {
            wakes: Wakes::new(),
            work: AtomicUsize::new(0),
            elsewhere: None,
            done: AtomicUsize::new(0),
            total,
            inner: Mutex::new(Inner {
                idle_ps: idle,
                stopped: Vec::new(),
            }),
            sleeper: AtomicBool::new(false),
            poller: Notify::new(),
            over: AtomicBool::new(false),
            finished: Notify::new(),
        };
        world.wakes.set_idle(idle);
        world
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// As `Sched::push_from_outside`: the submitter may find that it is to start an M.
    fn submit(&self) {
        self.work.fetch_add(1, SeqCst);
        self.wake_p();
    }

    /// As `M::found_work`, then `M::make_runnable` by the goroutine that was found, which goes on:
    /// others must come for what it has made.
    fn make_work_and_go_on(&self) {
        self.wakes.stop_spinning();
        let first = self.wake_other();
        let elsewhere = self.elsewhere.as_ref().expect("made for it");
        elsewhere.fetch_add(1, SeqCst);
        let second = self.wake_other();
        first.into_iter().chain(second).for_each(|m| self.run_m(m));
    }

    /// As `Sched::hand_off`: the P of an M that blocks.
    fn hand_off(&self) {
        if self.work.load(SeqCst) != 0 {
            return self.start_machine(false);
        }
        if self.wakes.spinning() + self.wakes.idle() == 0 && self.wakes.claim() {
            return self.start_machine(true);
        }
        let mut inner = self.lock();
        if self.work.load(SeqCst) != 0 {
            drop(inner);
            return self.start_machine(false);
        }
        self.push_idle_p(&mut inner);
        drop(inner);
        if self.wakes.take_need() || !self.sleeper.load(SeqCst) {
            self.wake_p();
        }
    }

    /// As `Sched::start_machine`.
    fn start_machine(&self, spinning: bool) {
        let stopped = self.lock().stopped.pop();
        match stopped {
            Some(m) => m.hand(spinning),
            None => self.run_m(M {
                has_p: true,
                spinning,
            }),
        }
    }

    fn pop_idle_p(&self, inner: &mut Inner) -> bool {
        if inner.idle_ps == 0 {
            return false;
        }
        inner.idle_ps -= 1;
        self.wakes.set_idle(inner.idle_ps);
        true
    }

    fn push_idle_p(&self, inner: &mut Inner) {
        inner.idle_ps += 1;
        self.wakes.set_idle(inner.idle_ps);
    }

    /// As `Sched::wake_p` and `wake_spinner`; the caller becomes the new M, if there is to be one.
    fn wake_p(&self) {
        if let Some(new) = self.wake_other() {
            self.run_m(new);
        }
    }

    /// As [`wake_p`](Self::wake_p), where the caller has more to do before it becomes the new M.
    fn wake_other(&self) -> Option<M> {
        if !self.wakes.want_somebody() || !self.wakes.claim() {
            return None;
        }
        let mut inner = self.lock();
        if !self.pop_idle_p(&mut inner) {
            self.wakes.call_off(true);
            return None;
        }
        if let Some(m) = inner.stopped.pop() {
            drop(inner);
            m.hand(true);
            return None;
        }
        if self.sleeper.load(SeqCst) {
            self.poller.notify();
            self.push_idle_p(&mut inner);
            self.wakes.call_off(false);
            return None;
        }
        Some(M {
            has_p: true,
            spinning: true,
        })
    }

    /// The life of an M, until all work is done.
    fn run_m(&self, mut m: M) {
        while self.get_p(&mut m) {
            // It looks, as a spinner if it had nothing here.
            if self.take_work(&mut m) {
                continue;
            }
            if !m.spinning {
                m.spinning = true;
                self.wakes.start_spinning();
            }
            if !self.take_work(&mut m) {
                self.give_up(&mut m);
            }
        }
    }

    /// As `idle::get_p`. False: all work is done.
    fn get_p(&self, m: &mut M) -> bool {
        while !self.over.load(SeqCst) {
            if m.has_p {
                return true;
            }
            assert!(!m.spinning);
            let mut inner = self.lock();
            m.has_p = self.pop_idle_p(&mut inner);
            if !m.has_p {
                self.stop(m, inner);
            }
        }
        false
    }

    fn take_work(&self, m: &mut M) -> bool {
        let take = |from: &AtomicUsize| {
            let less = |n: usize| n.checked_sub(1);
            from.fetch_update(SeqCst, SeqCst, less).is_ok()
        };
        if !take(&self.work) && !self.elsewhere.as_ref().is_some_and(take) {
            return false;
        }
        let was_spinning = std::mem::take(&mut m.spinning);
        if was_spinning {
            self.wakes.stop_spinning();
        }
        if self.done.fetch_add(1, SeqCst) + 1 == self.total {
            self.over.store(true, SeqCst);
            self.poller.notify();
            for stopped in std::mem::take(&mut self.lock().stopped) {
                stopped.note.notify();
            }
            self.finished.notify();
        } else if was_spinning {
            // It may go on as the M that this starts.
            self.wake_p();
        }
        true
    }

    /// As `idle::give_up`, up to the sleep.
    fn give_up(&self, m: &mut M) {
        let mut inner = self.lock();
        if self.work.load(SeqCst) != 0 {
            return; // the global queue is part of it
        }
        if !m.spinning && self.wakes.take_need() {
            m.spinning = true;
            return self.wakes.start_spinning();
        }
        m.has_p = false;
        self.push_idle_p(&mut inner);
        drop(inner);
        let was_spinning = std::mem::take(&mut m.spinning);
        if was_spinning {
            self.wakes.stop_spinning();
        }
        if (was_spinning && self.work_anywhere()) || self.wakes.take_need() {
            return self.hold_idle_p(m);
        }
        if self.sleeper.swap(true, SeqCst) {
            return self.stop(m, self.lock());
        }
        self.sleep_in_poller(m);
    }

    fn work_anywhere(&self) -> bool {
        let some = |queue: &AtomicUsize| queue.load(SeqCst) != 0;
        some(&self.work) || self.elsewhere.as_ref().is_some_and(some)
    }

    /// The sleeper. It has claimed that place.
    fn sleep_in_poller(&self, m: &mut M) {
        // May wake for no reason.
        if !self.over.load(SeqCst) {
            self.poller.wait();
        }
        // The product's is a store. Loom would let it come before an exchange that it has ended.
        self.sleeper.swap(false, SeqCst);
        self.hold_idle_p(m);
    }

    fn hold_idle_p(&self, m: &mut M) {
        if self.pop_idle_p(&mut self.lock()) {
            m.has_p = true;
            m.spinning = true;
            self.wakes.start_spinning();
        }
    }

    /// On the list of the stopped, until handed a P.
    fn stop(&self, m: &mut M, mut inner: MutexGuard<'_, Inner>) {
        if self.over.load(SeqCst) {
            return;
        }
        let stopped = Arc::new(Stopped {
            note: Notify::new(),
            handed: AtomicBool::new(false),
            spinning: AtomicBool::new(false),
        });
        inner.stopped.push(stopped.clone());
        drop(inner);
        while !stopped.handed.load(SeqCst) {
            if self.over.load(SeqCst) {
                return;
            }
            stopped.note.wait();
        }
        m.has_p = true;
        m.spinning = stopped.spinning.load(SeqCst);
    }
}

/// Checks `f` with at most `preemptions` preemptions, or as many as the environment says
/// (`LOOM_MAX_PREEMPTIONS`). A lost wake-up is a deadlock of the model.
fn check(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    check_with(|from_env| from_env.unwrap_or(preemptions), f);
}

/// As [`check`], for three threads besides the test's: there each preemption more costs minutes, so it
/// is one less than the environment says.
fn check_many(preemptions: usize, f: impl Fn() + Sync + Send + 'static) {
    check_with(
        |from_env| from_env.map_or(preemptions, |n| n.saturating_sub(1)),
        f,
    );
}

fn check_with(bound: impl FnOnce(Option<usize>) -> usize, f: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(bound(model.preemption_bound));
    model.max_branches = 10_000;
    model.check(f);
}

fn spawn(world: &Arc<World>, f: impl FnOnce(&World) + Send + 'static) -> thread::JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || f(&world))
}

mod model {
    use super::*;

    /// One P, whose M is giving up.
    #[test]
    fn a_submitter_against_the_last_spinner() {
        check(4, || {
            let world = World::new(1, 0);
            let m = spawn(&world, |w| {
                w.run_m(M {
                    has_p: true,
                    ..M::default()
                })
            });
            let submitter = spawn(&world, World::submit);
            world.finished.wait();
            m.join().unwrap();
            submitter.join().unwrap();
        });
    }

    /// The one whose M-to-be is called off must not keep the other from being heard.
    #[test]
    fn two_submitters_against_the_last_spinner() {
        check_many(3, || {
            let world = World::new(2, 0);
            let m = spawn(&world, |w| {
                w.run_m(M {
                    has_p: true,
                    ..M::default()
                })
            });
            let submitters = [0, 1].map(|_| spawn(&world, World::submit));
            world.finished.wait();
            m.join().unwrap();
            submitters.into_iter().for_each(|s| s.join().unwrap());
        });
    }

    /// Everybody is idle: an M sleeps in the poller.
    #[test]
    fn two_submitters_against_the_sleeper() {
        check_many(3, || {
            let world = World::new(2, 1);
            let m = spawn(&world, |w| w.run_m(M::default()));
            let submitters = [0, 1].map(|_| spawn(&world, World::submit));
            world.finished.wait();
            m.join().unwrap();
            submitters.into_iter().for_each(|s| s.join().unwrap());
        });
    }

    /// Two Ms: one gives up and one sleeps, one P idle.
    #[test]
    fn a_submitter_against_one_that_gives_up_and_one_that_sleeps() {
        check_many(2, || {
            let world = World::new(1, 1);
            let gives_up = spawn(&world, |w| {
                w.run_m(M {
                    has_p: true,
                    ..M::default()
                })
            });
            let sleeps = spawn(&world, |w| w.run_m(M::default()));
            let submitter = spawn(&world, World::submit);
            world.finished.wait();
            gives_up.join().unwrap();
            sleeps.join().unwrap();
            submitter.join().unwrap();
        });
    }

    /// One who looked for work has found some and runs it; that makes more and goes on. Another hands
    /// its P off meanwhile: at the first look somebody still looks for work, when the P is listed
    /// nobody does, and no P was idle when the new work wanted somebody.
    #[test]
    fn a_hand_off_against_work_on_a_busy_p() {
        check_many(3, || {
            let mut world = World::with(1, 0);
            world.elsewhere = Some(AtomicUsize::new(0));
            world.sleeper = AtomicBool::new(true);
            world.wakes.start_spinning();
            let world = Arc::new(world);
            let sleeps = spawn(&world, |w| {
                let mut m = M::default();
                w.sleep_in_poller(&mut m);
                w.run_m(m);
            });
            let busy = spawn(&world, World::make_work_and_go_on);
            let blocks = spawn(&world, World::hand_off);
            world.finished.wait();
            sleeps.join().unwrap();
            busy.join().unwrap();
            blocks.join().unwrap();
        });
    }

    /// A goroutine that makes work itself, on the only P.
    #[test]
    fn work_made_by_who_holds_the_p_and_from_outside() {
        check(3, || {
            let world = World::new(2, 0);
            let m = spawn(&world, |w| {
                w.submit();
                w.run_m(M {
                    has_p: true,
                    ..M::default()
                })
            });
            let submitter = spawn(&world, World::submit);
            world.finished.wait();
            m.join().unwrap();
            submitter.join().unwrap();
        });
    }
}
