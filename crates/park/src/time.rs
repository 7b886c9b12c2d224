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

/// Milliseconds of `ns` nanoseconds as Go writes them in the lines of `gctrace` and `inittrace`: whole
/// from 10 on, else two significant digits, three decimals at most.
pub fn ms(ns: u64) -> String {
    let ms = ns as f64 / 1e6;
    let decimals = match ms {
        _ if ms >= 10.0 => 0,
        _ if ms >= 1.0 => 1,
        _ if ms >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{ms:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').into(),
        false => text,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::ms;

    #[test]
    fn milliseconds_as_go_writes_them() {
        let said: Vec<String> = [44_000, 7_900_000, 0, 12_300_000, 370_000, 400]
            .map(ms)
            .into();
        assert_eq!(said, ["0.044", "7.9", "0", "12", "0.37", "0"]);
    }
}
