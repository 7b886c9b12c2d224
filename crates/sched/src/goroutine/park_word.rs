//! The park word: is this goroutine parked, has it been woken, and which wait is it.
//!
//! ```text
//!   63            32 31      5  4     3         2         1         0
//!   [ wait number  ] [ zero  ][LATE][HELD][TIMED_OUT][WAITING][NOTIFIED]
//! ```
//! - `NOTIFIED`: somebody has unparked it. Set by the waker's addition (it comes exactly once a
//!   wait), consumed by the goroutine.
//! - `WAITING`: it is parked and its registers are saved: whoever takes this bit's meaning away
//!   (the waker by adding NOTIFIED, the timer or the shutdown by compare-and-swap) has the
//!   goroutine and must queue it.
//! - `TIMED_OUT`: its deadline's timer, or an interrupt, took it. The timer may come before the
//!   goroutine is parked; the commit finds it then.
//! - `HELD`: together with TIMED_OUT: it was not the timer but somebody who wants the goroutine to
//!   look whether its runtime ends, or who looks at its stack and puts it back into its wait.
//! - `LATE`: together with HELD: its timer has fired meanwhile. Should it go back to its wait, it
//!   does so timed out.
//! - The wait number goes up at the end of each wait, so a timer's entry of an earlier wait finds
//!   nothing to take.
//!
//! ```text
//!                    commit (+WAITING)        unpark (+NOTIFIED)
//!     n:-  -----------------------------> n:W -------------------> n:W,N   waker queues it
//!      |                                   |  timer (cas)
//!      |                                   +--------------------> n:T     timer queues it
//!      |                                   |  interrupt (cas)
//!      |                                   +--------------------> n:T,H   who held it queues it,
//!      |                                   ^                         |       or puts it back (cas)
//!      |                                   +-------------------------+
//!      |  unpark, or timer (cas)
//!      +--> n:N or n:T   the commit finds it and queues the goroutine itself
//!
//!   resumed:  N seen  -> n+1:-  Unparked
//!             n:T     -> n+1:-  TimedOut
//!             n:T,H   -> n:-    Held: commits again, or gives up (n+1:-)
//!             n:T,H,L -> n:T    the same
//! ```
//! A NOTIFIED that comes after TIMED_OUT stays: the goroutine finds it when it parks again, as the
//! protocol of [`gompa_park::waiter`] wants.

use gompa_park::sync::atomic::AtomicU64;
use gompa_park::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

const NOTIFIED: u64 = 1;
const WAITING: u64 = 2;
const TIMED_OUT: u64 = 4;
const HELD: u64 = 8;
const LATE: u64 = 16;
const ONE_WAIT: u64 = 1 << 32;
const NUMBER: u64 = !(ONE_WAIT - 1);

/// See the [module](self).
pub(crate) struct ParkWord(AtomicU64);

/// What the goroutine finds when it runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resumed {
    Unparked,
    TimedOut,
    Held,
}

impl ParkWord {
    pub(crate) fn new() -> Self {
        ParkWord(AtomicU64::new(0))
    }

    /// The goroutine itself: the number of the wait it is in or will begin next.
    #[inline]
    pub(crate) fn number(&self) -> u32 {
        (self.0.load(Relaxed) >> 32) as u32
    }

    /// The goroutine itself, before it parks or after it was resumed: takes the notification.
    #[inline]
    pub(crate) fn take_notification(&self) -> bool {
        let word = self.0.load(Acquire);
        if word & NOTIFIED == 0 {
            return false;
        }
        // Nobody else writes now: the one waker has, and a timer needs WAITING without NOTIFIED.
        self.0
            .store((word & NUMBER).wrapping_add(ONE_WAIT), Relaxed);
        true
    }

    /// The goroutine itself, after it was resumed: why. With Unparked and TimedOut the wait is over.
    #[inline]
    pub(crate) fn resumed(&self) -> Resumed {
        if self.take_notification() {
            return Resumed::Unparked;
        }
        // Woken by the timer or an interrupt. A waker may add NOTIFIED meanwhile, the timer LATE.
        let mut word = self.0.load(Acquire);
        loop {
            debug_assert!(word & TIMED_OUT != 0, "resumed by nobody: {word:#x}");
            let kept = word & (NUMBER | NOTIFIED);
            let (next, resumed) = match word & (HELD | LATE) {
                0 => (kept.wrapping_add(ONE_WAIT), Resumed::TimedOut),
                HELD => (kept, Resumed::Held),
                // The next commit finds it.
                _ => (kept | TIMED_OUT, Resumed::Held),
            };
            match self.0.compare_exchange(word, next, AcqRel, Acquire) {
                Ok(_) => return resumed,
                Err(now) => word = now,
            }
        }
    }

    /// The goroutine itself, having been held: its wait is over without a notification; entries of
    /// its timer are stale from here on. A notification on its way is kept.
    pub(crate) fn give_up(&self) {
        let over = |word: u64| Some((word & (NUMBER | NOTIFIED)).wrapping_add(ONE_WAIT));
        let _ = self.0.fetch_update(AcqRel, Acquire, over);
    }

    /// Whoever runs after the goroutine was switched out: it is parked now. False: it has been
    /// woken already and the caller must queue it.
    #[inline]
    #[must_use]
    pub(crate) fn commit(&self) -> bool {
        let before = self.0.fetch_add(WAITING, AcqRel);
        before & (NOTIFIED | TIMED_OUT) == 0
    }

    /// As [`commit`](Self::commit) where nobody can have woken it yet, since nobody knows of the
    /// wait: no deadline, and its waker waits for a lock that is given back after this.
    #[inline]
    pub(crate) fn commit_unseen(&self) {
        let word = self.0.load(Relaxed);
        debug_assert_eq!(word & !NUMBER, 0, "seen: {word:#x}");
        self.0.store(word | WAITING, Release);
    }

    /// The waker, once a wait. True: it was parked, and the caller must queue it.
    #[inline]
    #[must_use]
    pub(crate) fn notify(&self) -> bool {
        // Sequentially consistent: also the barrier of `M::unpark`.
        let before = self.0.fetch_add(NOTIFIED, SeqCst);
        debug_assert!(before & NOTIFIED == 0, "unparked twice in one wait");
        before & (WAITING | TIMED_OUT) == WAITING
    }

    /// The timer of wait `number`. True: it was parked, the caller must queue it. False: too late;
    /// or too early, or while it was held: then the next commit finds it.
    #[inline]
    #[must_use]
    pub(crate) fn time_out(&self, number: u32) -> bool {
        let idle = u64::from(number) << 32;
        let held = idle | TIMED_OUT | HELD;
        let mut word = self.0.load(Acquire);
        loop {
            let next = if word == idle || word == idle | WAITING {
                idle | TIMED_OUT
            } else if word == held {
                held | LATE
            } else {
                return false;
            };
            match self.0.compare_exchange(word, next, AcqRel, Acquire) {
                Ok(_) => return word & WAITING != 0,
                Err(now) => word = now,
            }
        }
    }

    /// For those who look: it is parked, and nothing has ended its wait.
    pub(crate) fn is_parked(&self) -> bool {
        self.0.load(Acquire) & !NUMBER == WAITING
    }

    /// Takes a parked goroutine out of its wait to look after something. True: it is the
    /// caller's, who must [release](Self::release) or queue it.
    #[must_use]
    pub(crate) fn hold(&self) -> bool {
        let word = self.0.load(Acquire);
        word & !NUMBER == WAITING
            && self
                .0
                .compare_exchange(word, word & NUMBER | TIMED_OUT | HELD, AcqRel, Relaxed)
                .is_ok()
    }

    /// Whoever [holds](Self::hold) it: back to its wait, as if nothing had been. False: something
    /// has ended the wait meanwhile, and the caller must queue it.
    #[must_use]
    pub(crate) fn release(&self) -> bool {
        let word = self.0.load(Acquire);
        word & !NUMBER == TIMED_OUT | HELD
            && self
                .0
                .compare_exchange(word, word & NUMBER | WAITING, AcqRel, Relaxed)
                .is_ok()
    }
}
