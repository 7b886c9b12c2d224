//! The processor's time stamp counter, and what it is in nanoseconds.

use gompa_park::lock::real::Lock;
use gompa_park::time::{self, Nanos};
use std::arch::x86_64::{__cpuid, _rdtsc};
use std::sync::OnceLock;
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

/// A point in time: ticks, some 10 ns to read where the counter can be used, else 25.
#[inline]
pub(crate) fn now() -> u64 {
    if is_steady() {
        // SAFETY: every x86-64 processor has it.
        unsafe { _rdtsc() }
    } else {
        time::now()
    }
}

/// Whether the counter goes at one rate, in all of the processor's states. If it does not, ticks are
/// nanoseconds.
#[inline]
fn is_steady() -> bool {
    const UNKNOWN: u8 = 0;
    const YES: u8 = 1;
    const NO: u8 = 2;
    static STEADY: AtomicU8 = AtomicU8::new(UNKNOWN);
    match STEADY.load(Relaxed) {
        YES => true,
        NO => false,
        _ => {
            let leaves = __cpuid(0x8000_0000).eax;
            let steady = leaves >= 0x8000_0007 && __cpuid(0x8000_0007).edx & 1 << 8 != 0;
            STEADY.store(if steady { YES } else { NO }, Relaxed);
            steady
        }
    }
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
struct Pair {
    ticks: u64,
    nanos: Nanos,
}

impl Pair {
    /// The closest of three tries: the thread may be interrupted between the two.
    fn read() -> Pair {
        let tries = (0..3).map(|_| {
            let (before, nanos, after) = (now(), time::now(), now());
            let ticks = before.midpoint(after);
            (after.abs_diff(before), Pair { ticks, nanos })
        });
        tries.min_by_key(|t| t.0).expect("three").1
    }
}

static FIRST: Lock<Option<Pair>> = Lock::new(None);

/// Begins to measure, if nobody has yet.
pub(crate) fn begin() {
    FIRST.lock().get_or_insert_with(Pair::read);
}

/// The shortest time over which the rate is measured; the reading of a pair is good to some 50 ns.
const ENOUGH: Nanos = 1_000_000;

/// Turns ticks into the time of [`gompa_park::time`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    origin: Pair,
    nanos_per_tick: f64,
}

impl Scale {
    /// As measured between [`begin`] and now; waits for a millisecond if that was just now.
    pub(crate) fn measure() -> Scale {
        begin();
        let first = FIRST.lock().expect("begun");
        loop {
            let last = Pair::read();
            let nanos = last.nanos - first.nanos;
            if nanos >= ENOUGH {
                return Scale {
                    origin: first,
                    nanos_per_tick: nanos as f64
                        / last.ticks.saturating_sub(first.ticks).max(1) as f64,
                };
            }
            std::thread::sleep(std::time::Duration::from_nanos(ENOUGH - nanos));
        }
    }

    pub(crate) fn nanos(&self, ticks: u64) -> Nanos {
        let passed = ticks.wrapping_sub(self.origin.ticks).cast_signed() as f64;
        let nanos = (passed * self.nanos_per_tick) as i64;
        self.origin.nanos.saturating_add_signed(nanos)
    }
}

/// A [`Scale`] for the scheduler's own use; `None` in the first milliseconds of the process.
pub(crate) fn rough() -> Option<&'static Scale> {
    ROUGH.get()
}

static ROUGH: OnceLock<Scale> = OnceLock::new();

/// The monitor, now and then: makes [`rough`] once that needs no waiting.
pub(crate) fn settle(now: Nanos) {
    if ROUGH.get().is_none() {
        begin();
        let first = FIRST.lock().expect("begun").nanos;
        if now.saturating_sub(first) >= 2 * ENOUGH {
            ROUGH.get_or_init(Scale::measure);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_nanoseconds_in_the_end() {
        begin();
        let (before, ticks, after) = (time::now(), now(), time::now());
        let scale = Scale::measure();
        let nanos = scale.nanos(ticks);
        // To a thousandth of what has passed, and what reading takes.
        let slack = 100_000;
        assert!(
            nanos + slack >= before && nanos <= after + slack,
            "{before} {nanos} {after}"
        );
        assert!(scale.nanos(ticks + 1_000_000) > nanos);
    }
}
