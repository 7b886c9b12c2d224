//! The P is in one hand at any time.

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

fn scenario(rounds: usize) {
    let p = Arc::new(Owned(UnsafeCell::new(0)));
    let tenure = Arc::new(Tenure::<Owned>::new());
    let uses = Arc::new(AtomicUsize::new(0));
    let token = NonNull::from(&*p);
    tenure.hold(Some(token));
    tenure.leave();
    let m = {
        let (p, tenure, uses) = (p.clone(), tenure.clone(), uses.clone());
        thread::spawn(move || {
            for _ in 0..rounds {
                tenure.enter();
                if tenure.held().is_some() {
                    // SAFETY: inside and holding.
                    p.0.with_mut(|n| unsafe { *n += 1 });
                    uses.fetch_add(1, Relaxed);
                }
                tenure.leave();
            }
        })
    };
    if tenure.revoke(token, || true) {
        // SAFETY: the monitor has it.
        p.0.with_mut(|n| unsafe { *n += 1 });
        uses.fetch_add(1, Relaxed);
    }
    m.join().unwrap();
    // SAFETY: alone again.
    assert_eq!(p.0.with(|n| unsafe { *n }), uses.load(Relaxed));
}

#[cfg(loom)]
#[test]
fn one_hand_at_any_time() {
    loom::model(|| scenario(2));
}

#[cfg(not(loom))]
#[test]
fn one_hand_at_any_time() {
    gompa_park::barrier::register();
    for _ in 0..200 {
        scenario(2000);
    }
}

#[cfg(not(loom))]
#[test]
fn who_stays_outside_loses_it_and_notices() {
    gompa_park::barrier::register();
    let mut p = 7u32;
    let token = NonNull::from(&mut p);
    let tenure = Tenure::new();
    tenure.hold(Some(token));
    assert!(!tenure.revoke(token, || true), "inside");
    tenure.leave();
    assert!(!tenure.revoke(token, || false), "not sure");
    assert!(tenure.revoke(token, || true));
    assert!(!tenure.revoke(token, || true), "gone already");
    tenure.enter();
    assert!(tenure.held().is_none());
    tenure.hold(Some(token));
    tenure.leave();
    assert!(tenure.revoke(token, || true), "and again");
}
