//! The P is in one hand at any time: the thread's that is inside, the monitor's that has taken it, a
//! thief's that borrows it.

use super::tenure::Tenure;
use gompa_park::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use gompa_park::sync::{Arc, UnsafeCell, thread};
use std::ptr::NonNull;

/// What a P owns: a plain counter that only its holder may touch.
struct Owned(UnsafeCell<usize>);
// SAFETY: that it is touched by one at a time is what is under test; loom and the sum check it.
unsafe impl Sync for Owned {}
// SAFETY: as above.
unsafe impl Send for Owned {}

/// A thread's tenure of a P, and how often the P was used by whoever had it.
#[derive(Clone)]
struct Scene {
    p: Arc<Owned>,
    tenure: Arc<Tenure<Owned>>,
    uses: Arc<AtomicUsize>,
}

impl Scene {
    /// The thread is in user code, and holds the P.
    fn new() -> Scene {
        let p = Arc::new(Owned(UnsafeCell::new(0)));
        let tenure = Arc::new(Tenure::new());
        tenure.hold(Some(NonNull::from(&*p)));
        tenure.leave();
        let uses = Arc::new(AtomicUsize::new(0));
        Scene { p, tenure, uses }
    }

    fn token(&self) -> NonNull<Owned> {
        NonNull::from(&*self.p)
    }

    /// Whoever has the P.
    fn use_p(&self) {
        // SAFETY: the caller has it; that it alone does is under test.
        self.p.0.with_mut(|n| unsafe { *n += 1 });
        self.uses.fetch_add(1, Relaxed);
    }

    /// The thread: enters and leaves the runtime, and uses its P if it still has it.
    fn come_and_go(&self, rounds: usize) -> thread::JoinHandle<()> {
        let scene = self.clone();
        thread::spawn(move || {
            for _ in 0..rounds {
                scene.tenure.enter();
                if scene.tenure.held().is_some() {
                    scene.use_p();
                }
                scene.tenure.leave();
            }
        })
    }

    /// The monitor: takes the P if it can.
    fn revoke(&self) -> bool {
        let took = self.tenure.revoke(self.token(), || true);
        if took {
            self.use_p();
        }
        took
    }

    /// A thief: borrows it if it can.
    fn borrow(&self) -> bool {
        self.tenure.borrow(self.token(), || self.use_p()).is_some()
    }

    /// All others have ended.
    fn check(&self) {
        // SAFETY: alone again.
        assert_eq!(self.p.0.with(|n| unsafe { *n }), self.uses.load(Relaxed));
    }
}

#[cfg(loom)]
mod model {
    use super::*;

    /// Checks `f` with at most three preemptions.
    fn check(f: impl Fn() + Sync + Send + 'static) {
        let mut model = loom::model::Builder::new();
        model.preemption_bound.get_or_insert(3);
        model.check(f);
    }

    #[test]
    fn the_monitor_against_the_thread() {
        check(|| {
            let scene = Scene::new();
            let m = scene.come_and_go(2);
            scene.revoke();
            m.join().unwrap();
            scene.check();
        });
    }

    #[test]
    fn a_thief_against_the_thread() {
        check(|| {
            let scene = Scene::new();
            let m = scene.come_and_go(2);
            scene.borrow();
            m.join().unwrap();
            scene.check();
            // It has only borrowed.
            scene.tenure.enter();
            assert!(scene.tenure.held().is_some());
        });
    }

    #[test]
    fn the_monitor_and_a_thief_against_the_thread() {
        check(|| {
            let scene = Scene::new();
            let m = scene.come_and_go(1);
            let thief = {
                let scene = scene.clone();
                thread::spawn(move || scene.borrow())
            };
            let took = scene.revoke();
            thief.join().unwrap();
            m.join().unwrap();
            scene.check();
            scene.tenure.enter();
            assert_eq!(scene.tenure.held().is_none(), took);
        });
    }

    /// The thread takes another P while the monitor is still after the first one.
    #[test]
    fn the_monitor_against_a_change_of_ps() {
        check(|| {
            let scene = Scene::new();
            let other = Scene::new();
            let m = {
                let (scene, other) = (scene.clone(), other.clone());
                thread::spawn(move || {
                    scene.tenure.enter();
                    let first = scene.tenure.hold(Some(other.token()));
                    other.use_p();
                    scene.tenure.leave();
                    // The first is the thread's to give, unless it was taken.
                    first.is_some()
                })
            };
            let took = scene.revoke();
            let kept = m.join().unwrap();
            assert!(took != kept, "the first P went one way");
            other.check();
        });
    }
}

#[cfg(not(loom))]
mod plain {
    use super::*;
    use gompa_park::barrier;

    #[test]
    fn one_hand_at_any_time() {
        barrier::register();
        for _ in 0..200 {
            let scene = Scene::new();
            let m = scene.come_and_go(2000);
            let thief = {
                let scene = scene.clone();
                thread::spawn(move || (0..20).filter(|_| scene.borrow()).count())
            };
            scene.revoke();
            thief.join().unwrap();
            m.join().unwrap();
            scene.check();
        }
    }

    #[test]
    fn who_stays_outside_loses_it_and_notices() {
        barrier::register();
        let mut p = 7u32;
        let token = NonNull::from(&mut p);
        let tenure = Tenure::new();
        tenure.hold(Some(token));
        assert!(!tenure.revoke(token, || true), "inside");
        assert!(tenure.borrow(token, || ()).is_none(), "inside");
        tenure.leave();
        assert!(!tenure.revoke(token, || false), "not sure");
        assert_eq!(tenure.borrow(token, || 5), Some(5));
        assert!(tenure.revoke(token, || true));
        assert!(!tenure.revoke(token, || true), "gone already");
        assert!(tenure.borrow(token, || ()).is_none(), "gone already");
        tenure.enter();
        assert!(tenure.held().is_none());
        tenure.hold(Some(token));
        tenure.leave();
        assert!(tenure.revoke(token, || true), "and again");
    }
}
