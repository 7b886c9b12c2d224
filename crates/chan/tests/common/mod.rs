//! What several tests need: knowing who waits, and a host that shows why and in which order.
#![allow(dead_code, reason = "each test uses its part")]

use gompa_chan::Chan;
use gompa_park::host::{self, Host, Vtable};
use gompa_park::waiter::Then;
use gompa_park::{WaitReason, Wake};
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::sync::{Condvar, Mutex};
use std::thread;

/// Returns once so many wait to receive, or to send, on the channel.
pub fn settle<T>(ch: &Chan<T>, receivers: usize, senders: usize) {
    let waiting = format!("senders_waiting: {senders}, receivers_waiting: {receivers}");
    while !format!("{ch:?}").contains(&waiting) {
        thread::yield_now();
    }
}

/// A host in the place of a scheduler's: it keeps a record.
#[derive(Default)]
pub struct Recorder {
    /// Why its code waited, in order.
    pub reasons: Mutex<Vec<WaitReason>>,
    /// Whether the code is told to stop waiting at once.
    pub interrupt: bool,
    /// Whether it has been unparked since it last waited.
    pub unparked: Mutex<bool>,
    /// Wakes its code.
    pub wake: Condvar,
    /// Whether the code is said to wait by somebody else, who may still be at it when the code goes
    /// on: as with a scheduler, which does so after it has switched to another stack.
    pub elsewhere: bool,
    /// Called once its code waits, in the place of others who would run then.
    pub on_park: Option<Box<dyn Fn() + Send + Sync>>,
    /// Called by whoever unparks.
    pub on_unpark: Option<Box<dyn Fn() + Send + Sync>>,
}

struct Movable(Then);

// SAFETY: what is done once a waiter waits may be done by another thread.
unsafe impl Send for Movable {}

static VTABLE: Vtable = Vtable {
    park: |data, reason, _deadline, then| {
        // SAFETY: `hosted` keeps the recorder.
        let this: &Recorder = unsafe { data.cast().as_ref() };
        if let Some(then) = then {
            let then = Movable(then);
            // SAFETY: once.
            let run = move || unsafe { { then }.0.run() };
            if this.elsewhere {
                thread::spawn(run);
            } else {
                run();
            }
        }
        this.reasons.lock().unwrap().push(reason);
        if let Some(f) = &this.on_park {
            f();
        }
        let mut unparked = this.unparked.lock().unwrap();
        while !*unparked {
            if this.interrupt {
                return Wake::Interrupted;
            }
            unparked = this.wake.wait(unparked).unwrap();
        }
        *unparked = false;
        Wake::Unparked
    },
    unpark: |data| {
        // SAFETY: the waiter is still in `hosted`.
        let this: &Recorder = unsafe { data.cast().as_ref() };
        if let Some(f) = &this.on_unpark {
            f();
        }
        *this.unparked.lock().unwrap() = true;
        this.wake.notify_one();
    },
    yield_now: |_| thread::yield_now(),
    timers: |_| None,
    spawn: |_, f| drop(thread::spawn(f)),
    cutting: None,
};

/// Runs `f` on this thread as code of the recorder.
pub fn hosted<R>(recorder: &Recorder, f: impl FnOnce() -> R) -> R {
    struct Leave(Option<Host>);
    impl Drop for Leave {
        fn drop(&mut self) {
            // SAFETY: 1. it was installed before. 2. this thread's own.
            unsafe { host::enter(self.0) };
        }
    }
    let host = Host {
        data: NonNull::from(recorder).cast(),
        vtable: &VTABLE,
    };
    // SAFETY: 1. the recorder outlives the call, and whoever is unparked is in it. 2. this
    // thread's own.
    let _leave = Leave(unsafe { host::enter(Some(host)) });
    f()
}

/// Why `f` waits: it is interrupted as soon as it does, and must unwind then.
pub fn reason_of<R: Debug>(f: impl FnOnce() -> R) -> WaitReason {
    let recorder = Recorder {
        interrupt: true,
        ..Recorder::default()
    };
    let ended = catch_unwind(AssertUnwindSafe(|| hosted(&recorder, f)));
    let payload = ended.expect_err("it should have waited");
    assert!(payload.is::<gompa_park::waiter::Abandoned>());
    let reasons = recorder.reasons.into_inner().unwrap();
    assert_eq!(reasons.len(), 1);
    reasons[0]
}

/// The text of a panic.
pub fn panic_text<R>(f: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).err().expect("a panic");
    match payload.downcast::<&str>() {
        Ok(text) => text.to_string(),
        Err(payload) => *payload.downcast::<String>().expect("a text"),
    }
}
