//! See the [module above](super).

use super::*;
use crate::cut::{Armed, Entry};
use crate::futex;
use crate::time::{self, NEVER};
use std::cell::Cell;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::Ordering::{AcqRel, Release};
use std::sync::atomic::{AtomicI32, AtomicU32};

const NOTIFIED: u32 = 1;
const ASLEEP: u32 = 2;
const CUT: u32 = 4;
const POLLING: u32 = 8;
const FLAGS: u32 = 15;
const ONE_WAIT: u32 = 16;

/// What others know of a thread.
pub(super) struct Token {
    /// See the [module above](super).
    word: AtomicU32,
    /// While POLLING: an eventfd that ends it. Written by the thread before.
    bell: AtomicI32,
    /// The innermost entry in force. The thread's own.
    entries: Cell<*const Entry>,
}

thread_local! {
    static TOKEN: Token = const {
        Token {
            word: AtomicU32::new(0),
            bell: AtomicI32::new(-1),
            entries: Cell::new(ptr::null()),
        }
    };
}

/// The running thread's token. It has no destructor, so it is there until the thread's end.
pub(super) fn token() -> NonNull<()> {
    TOKEN.with(|t| NonNull::from(t).cast())
}

/// # Safety
/// 1. `data` is a live thread's token.
unsafe fn of<'a>(data: NonNull<()>) -> &'a Token {
    // SAFETY: duty 1.
    unsafe { data.cast().as_ref() }
}

pub(super) unsafe fn entries(data: NonNull<()>) -> NonNull<Cell<*const Entry>> {
    // SAFETY: 1. the calling thread's.
    NonNull::from(&unsafe { of(data) }.entries)
}

pub(super) unsafe fn number(data: NonNull<()>) -> u32 {
    // SAFETY: 1. the calling thread's.
    unsafe { of(data) }.word.load(Relaxed) / ONE_WAIT
}

/// The thread itself: its wait is over. Returns the word as it was: if NOTIFIED was in it, that has
/// been taken.
fn end(word: &AtomicU32) -> u32 {
    let over = |w: u32| Some((w & !FLAGS).wrapping_add(ONE_WAIT));
    word.fetch_update(AcqRel, Relaxed, over)
        .expect("it always is")
}

/// Sets ASLEEP and `more`, unless the wait has ended before it began.
fn begin(word: &AtomicU32, more: u32) -> Option<u32> {
    let idle = word.load(Relaxed) & !FLAGS;
    let asleep = idle | ASLEEP | more;
    word.compare_exchange(idle, asleep, Release, Relaxed)
        .is_ok()
        .then_some(asleep)
}

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
    // SAFETY: 1. the calling thread's.
    let word = &unsafe { of(data) }.word;
    let _count = (deadline >= ENDLESS).then(AsleepForGood::new);
    if let Some(asleep) = begin(word, 0) {
        loop {
            let left = match deadline {
                ENDLESS | NEVER => None,
                at => match at.saturating_sub(time::now()) {
                    0 => break,
                    left => Some(left),
                },
            };
            futex::wait(word, asleep, left);
            if word.load(Relaxed) != asleep {
                break;
            }
        }
    }
    match end(word) & NOTIFIED {
        0 => Wake::TimedOut,
        _ => Wake::Unparked,
    }
}

pub(super) unsafe fn unpark(data: NonNull<()>) {
    // SAFETY: 1. the thread is still waiting (duty 2 of `Unparker::unpark`) until the addition.
    let word = &unsafe { of(data) }.word;
    let address = ptr::from_ref(word);
    if word.fetch_add(NOTIFIED, Release) & ASLEEP != 0 {
        futex::wake(address, 1);
    }
}

pub(super) unsafe fn cut(data: NonNull<()>, number: u32) {
    // SAFETY: 1. the thread is inside `within` (see `Cutting::cut`).
    let token = unsafe { of(data) };
    let mine = |w: u32| w / ONE_WAIT == number && w & (NOTIFIED | CUT) == 0;
    let cut = |w: u32| mine(w).then_some(w | CUT);
    match token.word.fetch_update(AcqRel, Relaxed, cut) {
        Ok(before) if before & POLLING != 0 => ring(token.bell.load(Relaxed)),
        Ok(before) if before & ASLEEP != 0 => futex::wake(&raw const token.word, 1),
        _ => {}
    }
}

/// Adds one to an eventfd.
fn ring(bell: i32) {
    let one = 1u64;
    // SAFETY: eight readable bytes. The eventfd is open: its thread waits for this ring, see
    // `poll_cuttable`.
    let written = unsafe { libc::write(bell, (&raw const one).cast(), 8) };
    debug_assert_eq!(written, 8, "few rings: the counter cannot overflow");
}

/// See [`super::poll_cuttable`].
pub(super) fn poll_cuttable<R>(bell: BorrowedFd<'_>, poll: impl FnOnce() -> R) -> Polled<R> {
    let host = super::host();
    let Some(armed) = Armed::new(host) else {
        return Polled::Done(poll());
    };
    // SAFETY: 1. the calling thread's.
    let token = unsafe { of(host.data) };
    token.bell.store(bell.as_raw_fd(), Relaxed);
    if armed.is_cut() || begin(&token.word, POLLING).is_none() {
        end(&token.word);
        return Polled::Unbegun;
    }
    let done = poll();
    match end(&token.word) & CUT {
        0 => Polled::Done(done),
        _ => Polled::Rung(done),
    }
}
