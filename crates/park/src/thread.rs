//! The plain thread's way to wait: one futex word in a thread-local.
//!
//! The word is EMPTY, NOTIFIED or ASLEEP. The waker's last touch is the swap to NOTIFIED; the futex
//! call after it uses the address as a name only, so the thread may be gone by then.

use crate::host::{Host, Vtable};
use crate::reason::WaitReason;
use crate::time::{NEVER, Nanos};
use crate::waiter::{Then, Wake};
use std::ptr::NonNull;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Plain threads that wait now, through this crate, with no deadline: they cannot wake anybody.
/// The scheduler's deadlock detection subtracts them from the threads of the process.
static ASLEEP_FOR_GOOD: AtomicUsize = AtomicUsize::new(0);

/// How many plain threads wait now through this crate with no deadline.
pub fn asleep_for_good() -> usize {
    ASLEEP_FOR_GOOD.load(Relaxed)
}

static VTABLE: Vtable = Vtable {
    park,
    unpark,
    yield_now,
    timers: |_| None,
    spawn: |_, f| {
        crate::sync::thread::spawn(f);
    },
};

/// The host of a plain thread: itself.
pub(crate) fn host() -> Host {
    Host {
        data: WORD.with(|w| NonNull::from(w).cast()),
        vtable: &VTABLE,
    }
}

unsafe fn yield_now(_: NonNull<()>) {
    std::thread::yield_now();
}

/// While it lives, its thread counts as one that waits with no deadline, however it waits.
#[derive(Debug)]
pub struct AsleepForGood(());

impl AsleepForGood {
    /// The calling thread promises to wake nobody.
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> Self {
        ASLEEP_FOR_GOOD.fetch_add(1, Relaxed);
        AsleepForGood(())
    }
}

impl Drop for AsleepForGood {
    fn drop(&mut self) {
        ASLEEP_FOR_GOOD.fetch_sub(1, Relaxed);
    }
}

#[cfg(not(loom))]
mod imp {
    use super::*;
    use crate::futex;
    use crate::time;
    use std::sync::atomic::AtomicU32;
    use std::sync::atomic::Ordering::{Acquire, Release};

    const EMPTY: u32 = 0;
    const NOTIFIED: u32 = 1;
    const ASLEEP: u32 = 2;

    thread_local! {
        /// EMPTY, NOTIFIED or ASLEEP. The thread writes EMPTY and ASLEEP, wakers NOTIFIED.
        pub(super) static WORD: AtomicU32 = const { AtomicU32::new(EMPTY) };
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
        // SAFETY: `data` is the calling thread's own WORD, which outlives the call.
        let word: &AtomicU32 = unsafe { data.cast().as_ref() };
        if word
            .compare_exchange(NOTIFIED, EMPTY, Acquire, Relaxed)
            .is_ok()
        {
            return Wake::Unparked;
        }
        let _count = (deadline == NEVER).then(AsleepForGood::new);
        if word
            .compare_exchange(EMPTY, ASLEEP, Relaxed, Relaxed)
            .is_ok()
        {
            loop {
                let left = match deadline {
                    NEVER => None,
                    at => match at.saturating_sub(time::now()) {
                        0 => break,
                        left => Some(left),
                    },
                };
                futex::wait(word, ASLEEP, left);
                if word.load(Relaxed) != ASLEEP {
                    break;
                }
            }
        }
        // Take what is there: the notification, or our own ASLEEP back.
        match word.swap(EMPTY, Acquire) {
            NOTIFIED => Wake::Unparked,
            _ => Wake::TimedOut,
        }
    }

    pub(super) unsafe fn unpark(data: NonNull<()>) {
        // SAFETY: the thread is still waiting (duty 2 of `Unparker::unpark`) until the swap.
        let word: &AtomicU32 = unsafe { data.cast().as_ref() };
        let address = std::ptr::from_ref(word);
        if word.swap(NOTIFIED, Release) == ASLEEP {
            futex::wake(address, 1);
        }
    }
}

#[cfg(loom)]
mod imp {
    use super::*;
    use loom::sync::{Condvar, Mutex};

    pub(super) struct Token {
        set: Mutex<bool>,
        cond: Condvar,
    }

    loom::thread_local! {
        pub(super) static TOKEN: &'static Token = Box::leak(Box::new(Token {
            set: Mutex::new(false),
            cond: Condvar::new(),
        }));
    }

    pub(super) struct Word;
    pub(super) static WORD: Word = Word;

    impl Word {
        pub(super) fn with<R>(&self, f: impl FnOnce(&Token) -> R) -> R {
            TOKEN.with(|t| f(t))
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
        // SAFETY: tokens are leaked, hence live.
        let token: &Token = unsafe { data.cast().as_ref() };
        let mut set = token.set.lock().unwrap();
        if deadline != NEVER && !*set {
            drop(set);
            loom::thread::yield_now();
            set = token.set.lock().unwrap();
            if !*set {
                return Wake::TimedOut;
            }
        }
        let _count = AsleepForGood::new();
        while !*set {
            set = token.cond.wait(set).unwrap();
        }
        *set = false;
        Wake::Unparked
    }

    pub(super) unsafe fn unpark(data: NonNull<()>) {
        // SAFETY: tokens are leaked, hence live.
        let token: &Token = unsafe { data.cast().as_ref() };
        *token.set.lock().unwrap() = true;
        token.cond.notify_one();
    }
}

use imp::{WORD, park, unpark};
