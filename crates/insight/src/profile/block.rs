//! The block profile: where goroutines waited for each other, and how long. Off until a rate is set.
//!
//! Every wait is measured while it is on. One that was at least as long as the rate is recorded; of
//! shorter ones so many that a wait of a tenth of the rate is recorded one time in ten, and then
//! counts for ten. So sums are right in the mean, and short waits cost their goroutine only two
//! looks at the clock.

use super::samples::{Key, Samples};
use super::tally::Tally;
use gompa_park::WaitReason;
use gompa_sched::debug::{Blocked, MOST_FRAMES, on_blocked, own_stack};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Nanoseconds; 0: off.
static RATE: AtomicU64 = AtomicU64::new(0);
static TALLY: Tally = Tally::new();

/// Records goroutines' waits from now on: one on average for each `rate` that they waited; with a
/// nanosecond, all. Zero switches it off. What has been recorded stays. As Go's
/// `SetBlockProfileRate`.
///
/// Waits for each other are recorded: for channels, selects, locks, wait groups, conditions, joins.
/// Those for time, sockets, or nothing (a nil channel) are not.
///
/// While it is off it costs nothing: a wait loads one word more.
pub fn set_block_profile_rate(rate: Duration) {
    let rate = u64::try_from(rate.as_nanos()).unwrap_or(u64::MAX);
    RATE.store(rate, Relaxed);
    // SAFETY: `record` walks the stack and counts, under a lock that is held for that alone.
    unsafe { on_blocked((rate > 0).then_some(record as fn(Blocked))) };
}

fn counts(reason: WaitReason) -> bool {
    matches!(
        reason,
        WaitReason::ChanReceive
            | WaitReason::ChanSend
            | WaitReason::Select
            | WaitReason::Semacquire
            | WaitReason::CondWait
            | WaitReason::MutexLock
            | WaitReason::RwMutexRLock
            | WaitReason::RwMutexLock
            | WaitReason::WaitGroupWait
            | WaitReason::Join
            | WaitReason::Future
    )
}

fn record(blocked: Blocked) {
    let rate = RATE.load(Relaxed);
    let waited = (blocked.waited.as_nanos() as u64).max(1);
    if rate == 0 || !counts(blocked.reason) {
        return;
    }
    // A shorter one stands for those that were not recorded.
    let weight = if waited >= rate {
        1.0
    } else if super::random::below(rate) < waited {
        rate as f64 / waited as f64
    } else {
        return;
    };
    let mut frames = [0; MOST_FRAMES];
    let n = own_stack(&mut frames);
    TALLY.add(&frames[..n], weight, weight * waited as f64);
}

/// What has been recorded.
pub(crate) fn take() -> Samples {
    let mut samples = Samples::new(&[("contentions", "count"), ("delay", "nanoseconds")]);
    samples.period = Some((("contentions", "count"), 1));
    samples.shown_first = Some("delay");
    TALLY.each(|stack, count, nanos| {
        samples.add(Key::of(stack), &[count as i64, nanos as i64]);
    });
    samples
}
