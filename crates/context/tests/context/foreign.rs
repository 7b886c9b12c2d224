//! Contexts of others' making.

use crate::{HOUR, is_done, until};
use gompa_chan::{self as chan, Chan, Receiver};
use gompa_context::{
    CallOff, Callback, Cause, Context, Error, Foreign, after_func, background, with_cancel,
    with_timeout, with_value, without_cancel,
};
use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Ends by itself; can call functions if `calls`.
struct Own {
    state: Arc<State>,
    done: Receiver<()>,
    calls: bool,
    values: Context,
}

#[derive(Default)]
struct State {
    end: Mutex<Option<Chan<()>>>,
    functions: Mutex<BTreeMap<u32, Callback>>,
    registered: AtomicU32,
}

impl State {
    fn context(self: &Arc<State>, calls: bool) -> Context {
        let end = chan::make(0);
        let done = end.receiver();
        *self.end.lock().unwrap() = Some(end);
        let values = with_value(&background(), "deep", 1_u32);
        let state = self.clone();
        Context::foreign(Own {
            state,
            done,
            calls,
            values,
        })
    }

    fn end(&self) {
        let end = self.end.lock().unwrap().take();
        end.expect("ends once").close();
        let functions = std::mem::take(&mut *self.functions.lock().unwrap());
        functions.into_values().for_each(|f| f());
    }

    fn waiting(&self) -> usize {
        self.functions.lock().unwrap().len()
    }
}

impl Foreign for Own {
    fn parent(&self) -> Option<&Context> {
        Some(&self.values)
    }
    fn done(&self) -> Option<&Receiver<()>> {
        Some(&self.done)
    }
    fn err(&self) -> Option<Error> {
        self.done.is_closed().then_some(Error::DeadlineExceeded)
    }
    fn cause(&self) -> Option<Cause> {
        self.err()
            .map(|_| Arc::new(std::io::Error::other("its own")) as Cause)
    }
    fn deadline(&self) -> Option<Instant> {
        Some(Instant::now() + HOUR)
    }
    fn value(&self, key: &dyn Any) -> Option<Arc<dyn Any + Send + Sync>> {
        let key = key.downcast_ref::<u64>()?;
        (*key < 10).then(|| Arc::new(key * 2) as _)
    }
    fn after_func(&self, f: Callback) -> Option<CallOff> {
        if !self.calls {
            return None;
        }
        let key = self.state.registered.fetch_add(1, SeqCst);
        self.state.functions.lock().unwrap().insert(key, f);
        let state = self.state.clone();
        Some(Box::new(move || {
            let removed = state.functions.lock().unwrap().remove(&key);
            removed.is_some()
        }))
    }
}

#[test]
fn it_ends_what_is_below() {
    for calls in [false, true] {
        let state = Arc::new(State::default());
        let root = state.context(calls);
        let (child, _child) = with_cancel(&with_value(&root, 'k', 'v'));
        let (leaf, _leaf) = with_timeout(&child, 2 * HOUR);
        let called = Arc::new(AtomicBool::new(false));
        let ours = called.clone();
        let _stop = after_func(&root, move || ours.store(true, SeqCst));
        assert!(leaf.err().is_none() && !is_done(&leaf));
        assert!(leaf.deadline().unwrap() < Instant::now() + 2 * HOUR);
        state.end();
        leaf.done().recv().unwrap_err();
        for ctx in [&root, &child, &leaf] {
            assert_eq!(ctx.err(), Some(Error::DeadlineExceeded));
            assert_eq!(ctx.cause().unwrap().to_string(), "its own");
        }
        until("called", || called.load(SeqCst));
        let (late, _late) = with_cancel(&root);
        assert_eq!(late.err(), Some(Error::DeadlineExceeded), "from birth");
        assert_eq!(without_cancel(&root).err(), None);
    }
}

#[test]
fn who_ends_or_goes_leaves_it() {
    let state = Arc::new(State::default());
    let root = state.context(true);
    let (first, cancel) = with_cancel(&root);
    let (second, gone) = with_cancel(&root);
    let stop = after_func(&root, || unreachable!("called off"));
    assert_eq!(state.waiting(), 3);
    cancel.cancel();
    assert_eq!(state.waiting(), 2);
    drop((second, gone));
    assert_eq!(state.waiting(), 1);
    assert!(stop.stop());
    drop(stop);
    assert_eq!(state.waiting(), 0);
    state.end();
    assert_eq!(first.err(), Some(Error::Canceled));
}

/// Who waits at its done channel ends with those it waits for.
#[test]
fn helpers_end() {
    let state = Arc::new(State::default());
    let root = state.context(false);
    let children: Vec<_> = (0..20).map(|_| with_cancel(&root)).collect();
    for (i, (_, cancel)) in children.iter().enumerate() {
        if i % 2 == 0 {
            cancel.cancel();
        }
    }
    drop(children);
    // Each has had a clone of the receiver and of the state.
    drop(root);
    until("all gone", || Arc::strong_count(&state) == 1);
}

#[test]
fn values_are_asked_for_in_order() {
    let state = Arc::new(State::default());
    let root = with_value(&state.context(true), 3_u64, 0_u64);
    let (ctx, _cancel) = with_cancel(&root);
    let of = |key: u64| ctx.value::<u64, u64>(&key).map(|v| *v);
    assert_eq!((of(3), of(4), of(11)), (Some(0), Some(8), None));
    assert_eq!(ctx.value::<&str, u32>(&"deep").as_deref(), Some(&1));
    assert!(ctx.value::<u64, String>(&4).is_none());
}

#[test]
fn waits_are_cut() {
    let state = Arc::new(State::default());
    let root = state.context(true);
    let never = chan::make::<()>(0);
    std::thread::scope(|s| {
        let waiter = s.spawn(|| root.run(|| never.recv_timeout(Duration::MAX)));
        state.end();
        assert_eq!(waiter.join().unwrap(), Err(chan::RecvTimeoutError::Timeout));
    });
    assert_eq!(state.waiting(), 0);
}

/// One that breaks its promises: errors without an end, an end without errors, functions called
/// twice, late, or never.
#[test]
fn nothing_breaks_with_it() {
    struct Liar(Receiver<()>, Mutex<Vec<Callback>>);
    impl Foreign for Liar {
        fn done(&self) -> Option<&Receiver<()>> {
            Some(&self.0)
        }
        fn after_func(&self, f: Callback) -> Option<CallOff> {
            self.1.lock().unwrap().push(f);
            Some(Box::new(|| panic!("a call-off that panics")))
        }
    }
    let end = chan::make(0);
    let liar = Context::foreign(Liar(end.receiver(), Mutex::default()));
    let (ctx, cancel) = with_cancel(&liar);
    let (below, _below) = with_cancel(&ctx);
    let cancelled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| cancel.cancel()));
    assert!(cancelled.is_err());
    assert_eq!(below.err(), Some(Error::Canceled));
    end.close();
    assert_eq!((liar.err(), is_done(&liar)), (None, true));
    let (child, cancel) = with_cancel(&liar);
    assert_eq!(child.err(), None);
    drop(cancel);
    let gone = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(child)));
    assert!(gone.is_err(), "the call-off's panic");
}
