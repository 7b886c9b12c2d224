//! The ends of marking: weak pointers and finalizers, and the second wait at its beginning.

use super::super::cleanup;
use super::super::gate::before_next_store;
use super::*;
use crate::mutator::registry;
use crate::protocol::phase::Phase;
use crate::{Root, Weak};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Fails without shading in `upgrade`.
#[test]
fn upgraded_while_marking() {
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let weak: Weak<Thing<'static>> = s.nested(|n| Weak::new(n.alloc(lost.thing())));
        let cycle = Cycle::marking(&garbage.1);
        let held = weak.upgrade(s);
        garbage.finish(cycle);
        lost.are(0);
        assert!(held.is_some() && weak.upgrade(s).is_some());
    });
}

/// Fails without shading in `upgrade`, and without the look at the logs in `Term`: marking is over,
/// as the collector believes.
#[test]
fn upgraded_at_the_last_moment() {
    let [lost, next] = [(); 2].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        let weak: Weak<Thing<'static>> = s.nested(|n| {
            let end = n.alloc(next.thing());
            Weak::new(n.alloc(lost.with_edge(Some(end))))
        });
        let cycle = Cycle::marking(&garbage.1);
        cycle.until(Point::Marked);
        let held = weak.upgrade(s);
        garbage.finish(cycle);
        lost.are(0);
        next.are(0);
        assert!(held.is_some() && weak.upgrade(s).is_some());
    });
}

/// Fails if what a finalizer is to get is not kept, or not traced.
#[test]
fn brought_back_by_a_finalizer() {
    static BACK: Mutex<Option<Root<Thing<'static>>>> = Mutex::new(None);
    let [lost, next] = [(); 2].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        let weak: Weak<Thing<'static>> = s.nested(|n| {
            let end = n.alloc(next.thing());
            let g = n.alloc(lost.with_edge(Some(end)));
            n.finalizer(g, |_, g| *BACK.lock().unwrap() = Some(Root::new(g)));
            Weak::new(g)
        });
        let cycle = Cycle::marking(&garbage.1);
        let turn = garbage.finish(cycle);
        assert!(weak.upgrade(s).is_none(), "weak pointers go first");
        lost.are(0);
        next.are(0);
        Cycle::marking(&turn).finish();
        lost.are(0);
        next.are(0);
        let back = BACK.lock().unwrap().take().expect("the finalizer has run");
        assert!(back.get().edge.is_some());
        drop(back);
        Cycle::marking(&turn).finish();
        lost.are(1);
        next.are(1);
    });
}

/// Fails if what a finalizer gets is in its thread's slot alone, unshaded: a black one, since the
/// finalizer of the last cycle begins when this one is marking.
#[test]
fn a_finalizer_that_begins_while_marking() {
    static GO: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>> = Mutex::new(None);
    let lost = Deaths::default();
    scope(|s| {
        let garbage = Garbage::new(s);
        let (began, has_begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        *GO.lock().unwrap() = Some((began, may_go));
        s.nested(|n| {
            n.finalizer(n.alloc(lost.thing()), |_, _| {
                let (began, may_go) = GO.lock().unwrap().take().unwrap();
                began.send(()).unwrap();
                let _ = may_go.recv();
            });
        });
        let (clear, is_clear) = mpsc::channel::<()>();
        cleanup::run_soon(move || _ = is_clear.recv());
        drop(Cycle::marking(&garbage.1)); // it is over, and the finalizer behind another job
        let mut cycle = Cycle::marking(&garbage.1);
        drop(clear);
        has_begun.recv().unwrap();
        cycle.over();
        drop(go);
        let _turn = garbage.finish(cycle); // it is garbage now: another's cycle would free it
        lost.are(0);
    });
}

/// Fails, nearly always, without the second wait in `Prep`. White B is about to store, with the
/// barrier off; A stores to the same field, with the barrier on, and has seen nil there. B's value
/// is loaded by a black thread before A overwrites it: nobody shades it.
///
/// A right collector cannot come to `Mark` while A is where it is. So that a wrong one can, there are
/// two waits for some time; they are for that only, and nothing fails if they are too short.
#[test]
fn two_stores_to_one_field() {
    fn soon(done: impl Fn() -> bool) {
        let began = Instant::now();
        while !done() && began.elapsed() < Duration::from_millis(200) {
            thread::sleep(Duration::from_millis(1));
        }
    }
    /// A thread that stores an object of its own to `shared` and says how far it is.
    fn store(shared: &Thing<'_>, of: &Deaths, said: mpsc::Sender<usize>, go: mpsc::Receiver<()>) {
        scope(|s| {
            let mine = s.alloc(of.thing());
            let worker = s.mutator().worker();
            let all = registry::workers();
            let index = all.iter().position(|w| std::ptr::eq(*w, worker));
            said.send(index.expect("it is there")).unwrap();
            go.recv().unwrap();
            before_next_store(move || {
                said.send(0).unwrap();
                go.recv().unwrap();
            });
            shared.next.set(s, mine);
        });
    }
    let [first, second] = [(); 2].map(|()| Deaths::default());
    scope(|s| {
        let garbage = Garbage::new(s);
        let shared = &*s.alloc(Deaths::default().thing());
        let (cycle, held) = thread::scope(|t| {
            let mut pair = [&first, &second].map(|of| {
                let (said, hear) = mpsc::channel();
                let (go, may_go) = mpsc::channel();
                let handle = t.spawn(move || store(shared, of, said, may_go));
                (hear.recv().unwrap(), hear, go, handle)
            });
            // The handshake looks at A first, or it would wait for A before it can come to `Mark`.
            pair.sort_by_key(|thread| thread.0);
            let [(_, a, a_go, a_handle), (_, b, b_go, b_handle)] = pair;
            b_go.send(()).unwrap();
            b.recv().unwrap();
            let cycle = Cycle::begin(&garbage.1);
            cycle.go_on(Some(Point::Marking));
            while registry::ctl().phase() != Phase::Prep {
                thread::yield_now();
            }
            soon(|| false); // it has looked at A, and waits for B
            a_go.send(()).unwrap();
            a.recv().unwrap();
            b_go.send(()).unwrap();
            b_handle.join().unwrap();
            soon(|| registry::ctl().phase() == Phase::Mark);
            let held = shared.next.get(s);
            a_go.send(()).unwrap();
            a_handle.join().unwrap();
            cycle.until(Point::Marking);
            (cycle, held)
        });
        garbage.finish(cycle);
        first.are(0);
        second.are(0);
        assert!(held.is_some() && !shared.next.is_nil());
    });
}
