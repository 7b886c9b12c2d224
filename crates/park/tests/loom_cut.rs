//! Models of a cut against the begin, the claim and the end of a wait.
//! `RUSTFLAGS="--cfg loom" cargo test --release -p gompa-park --test loom_cut`
#![cfg(loom)]

use gompa_park::cut::{self, Entries, Entry, Source, Why};
use gompa_park::lock::RawLock;
use gompa_park::sync::{Cell, thread};
use gompa_park::time::{ENDLESS, NEVER};
use gompa_park::{Lock, Parker, Unparker, WaitReason, Wake};
use std::sync::Arc;

fn model(f: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(f);
}

/// A context without everything else.
struct Ends {
    lock: RawLock,
    ended: Cell<bool>,
    entries: Entries,
}

// SAFETY: all under the lock.
unsafe impl Send for Ends {}
// SAFETY: as above.
unsafe impl Sync for Ends {}

impl Ends {
    fn new() -> Arc<Ends> {
        Arc::new(Ends {
            lock: RawLock::new(),
            ended: Cell::new(false),
            entries: Entries::new(),
        })
    }

    fn locked<R>(&self, f: impl FnOnce() -> R) -> R {
        self.lock.lock();
        let r = f();
        // SAFETY: taken above.
        unsafe { self.lock.unlock() };
        r
    }

    fn end(&self) {
        self.locked(|| {
            self.ended.set(true);
            // SAFETY: 1. held; see `list`.
            unsafe { self.entries.cut_all() };
        });
    }
}

// SAFETY: 1. kept or refused. 2. `end` cuts under the lock.
unsafe impl Source for Ends {
    fn list(&self, entry: &Entry) -> bool {
        self.locked(|| {
            let live = !self.ended.get();
            if live {
                // SAFETY: 1. held. 2. as given.
                unsafe { self.entries.add(entry) };
            }
            live
        })
    }

    fn unlist(&self, entry: &Entry) {
        self.locked(|| {
            if !self.ended.get() {
                // SAFETY: 1. held. 2. added, and not cut.
                unsafe { self.entries.remove(entry) };
            }
        });
    }

    fn why(&self) -> Option<Why> {
        self.locked(|| self.ended.get().then_some(Why::Cancelled))
    }
}

/// What a waiter leaves where others find it; taking it out is the claim.
type Slot = Arc<Lock<Option<Unparker>>>;

fn slot() -> Slot {
    Arc::new(Lock::new(None))
}

/// Waits for `slot` to be claimed; whether it has been.
fn wait(slot: &Slot, deadline: u64) -> bool {
    let parker = Parker::current();
    *slot.lock() = Some(parker.unparker());
    if parker.park_cuttable(WaitReason::None, deadline) == Wake::Unparked {
        return true;
    }
    if slot.lock().take().is_some() {
        return false;
    }
    parker.park_claimed(WaitReason::None);
    true
}

/// Claims the wait, if there is one.
fn claim(slot: &Slot) -> bool {
    let taken = slot.lock().take();
    // SAFETY: 1. taken out: claimed. 2. who withdraws finds it there.
    taken.inspect(|u| unsafe { u.unpark() }).is_some()
}

#[test]
fn an_endless_wait_is_cut_whenever_the_end_comes() {
    model(|| {
        let source = Ends::new();
        let ender = {
            let source = source.clone();
            thread::spawn(move || source.end())
        };
        let slot = slot();
        cut::within(&*source, || {
            assert!(!wait(&slot, ENDLESS));
            assert_eq!(cut::in_force(), Some(Why::Cancelled));
        });
        ender.join().unwrap();
    });
}

#[test]
fn a_claim_and_a_cut_agree_on_what_has_happened() {
    model(|| {
        let source = Ends::new();
        let slot = slot();
        let ender = {
            let source = source.clone();
            thread::spawn(move || source.end())
        };
        let claimer = {
            let slot = slot.clone();
            thread::spawn(move || claim(&slot))
        };
        let happened = cut::within(&*source, || wait(&slot, ENDLESS));
        assert_eq!(claimer.join().unwrap(), happened);
        ender.join().unwrap();
    });
}

#[test]
fn a_cut_that_comes_late_does_not_reach_another_wait() {
    model(|| {
        let source = Ends::new();
        let ender = {
            let source = source.clone();
            thread::spawn(move || source.end())
        };
        let (first, second) = (slot(), slot());
        let claimer = {
            let (first, second) = (first.clone(), second.clone());
            thread::spawn(move || {
                claim(&first);
                while !claim(&second) {
                    thread::yield_now();
                }
            })
        };
        cut::within(&*source, || {
            wait(&first, ENDLESS);
            // Nothing but its claimer ends this one, though the source may end now.
            assert!(wait(&second, NEVER));
        });
        claimer.join().unwrap();
        ender.join().unwrap();
    });
}

#[test]
fn either_of_two_sources_cuts_and_the_inner_one_may_be_left() {
    model(|| {
        let (outer, inner) = (Ends::new(), Ends::new());
        let ender = {
            let (outer, inner) = (outer.clone(), inner.clone());
            thread::spawn(move || {
                inner.end();
                outer.end();
            })
        };
        cut::within(&*outer, || {
            cut::within(&*inner, || assert!(!wait(&slot(), ENDLESS)));
            assert!(!wait(&slot(), ENDLESS));
        });
        assert_eq!(cut::in_force(), None);
        ender.join().unwrap();
    });
}
