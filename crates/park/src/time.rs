//! Nanoseconds of the monotonic clock, as one `u64`: what timers are sorted by.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Nanoseconds since the first call of [`now`] or [`from_instant`] in this process, plus
/// [`HEADROOM`]. The headroom keeps instants before that first call representable.
pub type Nanos = u64;

/// What [`now`] starts at: an hour.
pub const HEADROOM: Nanos = 3_600_000_000_000;

/// Later than every timer: "no deadline".
pub const NEVER: Nanos = u64::MAX;

/// Later than every time that comes, but not [`NEVER`]: the deadline of a wait that has no time
/// limit and may be [cut](crate::cut).
pub const ENDLESS: Nanos = NEVER - 1;

fn base() -> Instant {
    static BASE: OnceLock<Instant> = OnceLock::new();
    *BASE.get_or_init(Instant::now)
}

/// The time now. Some 20 ns.
pub fn now() -> Nanos {
    from_instant(Instant::now())
}

/// `at` as nanoseconds; before the headroom 0, past the range [`NEVER`].
pub fn from_instant(at: Instant) -> Nanos {
    match at.checked_duration_since(base()) {
        Some(d) => HEADROOM.saturating_add(u64::try_from(d.as_nanos()).unwrap_or(NEVER)),
        None => {
            let before = base().duration_since(at).as_nanos();
            HEADROOM.saturating_sub(u64::try_from(before).unwrap_or(NEVER))
        }
    }
}

/// The instant of `at`. The inverse of [`from_instant`] for representable instants; [`NEVER`] and
/// others past the clock's range give the farthest instant that can be named.
pub fn to_instant(at: Nanos) -> Instant {
    let base = base();
    if at >= HEADROOM {
        let mut d = Duration::from_nanos(at - HEADROOM);
        loop {
            if let Some(i) = base.checked_add(d) {
                return i;
            }
            d /= 2;
        }
    }
    base.checked_sub(Duration::from_nanos(HEADROOM - at))
        .unwrap_or(base)
}

/// The deadline `d` from now; [`NEVER`] where that is past the range.
pub fn after(d: Duration) -> Nanos {
    now().saturating_add(u64::try_from(d.as_nanos()).unwrap_or(NEVER))
}
