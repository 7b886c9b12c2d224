//! The mutex profile: which unlocking ended waits, and how long those had been. Off until a fraction
//! is set.

use super::samples::{Key, Samples};
use super::tally::Tally;
use gompa_park::contention;
use gompa_sched::debug::{MOST_FRAMES, own_stack};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// One event of so many is recorded; 0: off.
static FRACTION: AtomicU64 = AtomicU64::new(0);
static TALLY: Tally = Tally::new();

/// Records one of `n` unlockings that ended a wait from now on, on average; 1 records all, 0 none.
/// What has been recorded stays. Returns what was set before. As Go's `SetMutexProfileFraction`.
///
/// It is about the mutexes and reader-writer locks of `gompa-sync`, used by goroutines or threads. While it is
/// off an unlocking that wakes somebody loads one word more, and whoever waits for a reader-writer
/// lock looks at the clock. Of a writer let in by a reader that came and went it does not tell.
pub fn set_mutex_profile_fraction(n: u64) -> u64 {
    let before = FRACTION.swap(n, Relaxed);
    // SAFETY: `record` walks the stack and counts, under a lock that is held for that alone.
    unsafe { contention::on_released((n > 0).then_some(record as fn(u64))) };
    before
}

fn record(nanos: u64) {
    let fraction = FRACTION.load(Relaxed);
    if fraction == 0 || super::random::below(fraction) != 0 {
        return;
    }
    let mut frames = [0; MOST_FRAMES];
    let n = own_stack(&mut frames);
    let weight = fraction as f64;
    TALLY.add(&frames[..n], weight, weight * nanos as f64);
}

/// What has been recorded.
pub(crate) fn take() -> Samples {
    let mut samples = Samples::new(&[("contentions", "count"), ("delay", "nanoseconds")]);
    let fraction = FRACTION.load(Relaxed).max(1);
    samples.period = Some((("contentions", "count"), fraction as i64));
    samples.shown_first = Some("delay");
    TALLY.each(|stack, count, nanos| {
        samples.add(Key::of(stack), &[count as i64, nanos as i64]);
    });
    samples
}
