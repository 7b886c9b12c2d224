//! The same under the model, which has no futexes.

use super::*;
use crate::cut::Entry;
use loom::sync::{Condvar, Mutex};
use std::cell::Cell;
use std::os::fd::BorrowedFd;
use std::ptr;

/// What others know of a thread.
pub(super) struct Token {
    state: Mutex<State>,
    cond: Condvar,
    entries: Cell<*const Entry>,
}

#[derive(Default)]
struct State {
    notified: bool,
    cut: bool,
    number: u32,
}

loom::thread_local! {
    static TOKEN: &'static Token = Box::leak(Box::new(Token {
        state: Mutex::new(State::default()),
        cond: Condvar::new(),
        entries: Cell::new(ptr::null()),
    }));
}

pub(super) fn token() -> NonNull<()> {
    TOKEN.with(|t| NonNull::from(*t).cast())
}

/// # Safety
/// 1. `data` is a token.
unsafe fn of<'a>(data: NonNull<()>) -> &'a Token {
    // SAFETY: tokens are leaked, hence live.
    unsafe { data.cast().as_ref() }
}

pub(super) unsafe fn entries(data: NonNull<()>) -> NonNull<Cell<*const Entry>> {
    // SAFETY: 1. the caller's.
    NonNull::from(&unsafe { of(data) }.entries)
}

pub(super) unsafe fn number(data: NonNull<()>) -> u32 {
    // SAFETY: 1. the caller's.
    unsafe { of(data) }.state.lock().unwrap().number
}

impl State {
    fn end(&mut self) -> Wake {
        self.cut = false;
        self.number += 1;
        match std::mem::take(&mut self.notified) {
            true => Wake::Unparked,
            false => Wake::TimedOut,
        }
    }
}

/// A deadline under the model: the wait may end at any time, so the model tries both.
pub(super) unsafe fn park(
    data: NonNull<()>,
    _reason: WaitReason,
    deadline: Nanos,
    then: Option<Then>,
) -> Wake {
    if let Some(then) = then {
        // SAFETY: once, in the waiter's own code: `unpark`s from now on are kept.
        unsafe { then.run() };
    }
    // SAFETY: 1. the caller's.
    let token = unsafe { of(data) };
    let mut state = token.state.lock().unwrap();
    if deadline < ENDLESS && !state.notified && !state.cut {
        drop(state);
        loom::thread::yield_now();
        state = token.state.lock().unwrap();
        if !state.notified {
            return state.end();
        }
    }
    let _count = AsleepForGood::new();
    while !state.notified && !state.cut {
        state = token.cond.wait(state).unwrap();
    }
    state.end()
}

pub(super) unsafe fn unpark(data: NonNull<()>) {
    // SAFETY: 1. the caller's.
    let token = unsafe { of(data) };
    token.state.lock().unwrap().notified = true;
    token.cond.notify_one();
}

pub(super) unsafe fn cut(data: NonNull<()>, number: u32) {
    // SAFETY: 1. the caller's.
    let token = unsafe { of(data) };
    let mut state = token.state.lock().unwrap();
    if state.number == number && !state.notified {
        state.cut = true;
        drop(state);
        token.cond.notify_one();
    }
}

/// Models do not poll sockets.
pub(super) fn poll_cuttable<R>(_bell: BorrowedFd<'_>, poll: impl FnOnce() -> R) -> Polled<R> {
    Polled::Done(poll())
}
