//! A point in time in Go's form: `2009-11-10 23:00:00.5 +0000 UTC m=+1.000000001`.
//!
//! Always UTC: the system's time zone would be a matter of libc's state.

use gompa_park::time::{HEADROOM, Nanos};
use std::fmt::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400;

/// Writes the time that is `left` nanoseconds from now; `at` is the same by the monotonic clock.
pub(super) fn write(f: &mut impl Write, left: i128, at: Nanos) -> fmt::Result {
    let now = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(d) => d.as_nanos() as i128,
        Err(e) => -(e.duration().as_nanos() as i128),
    };
    wall(f, now + left)?;
    let since_start = i128::from(at) - i128::from(HEADROOM);
    let sign = if since_start < 0 { '-' } else { '+' };
    let ns = since_start.abs();
    write!(f, " m={sign}{}.{:09}", ns / SECOND, ns % SECOND)
}

/// Writes so many nanoseconds since 1970, in UTC.
fn wall(f: &mut impl Write, ns: i128) -> fmt::Result {
    let (seconds, fraction) = (ns.div_euclid(SECOND), ns.rem_euclid(SECOND));
    let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = date(days);
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    write!(
        f,
        "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"
    )?;
    if fraction > 0 {
        let digits = format!("{fraction:09}");
        write!(f, ".{}", digits.trim_end_matches('0'))?;
    }
    f.write_str(" +0000 UTC")
}

/// Year, month and day of so many days after 1970-01-01, in the Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last; 400 of them have 146 097 days.
fn date(days: i128) -> (i128, i128, i128) {
    const CYCLE: i128 = 146_097;
    let from_march_0 = days + 719_468;
    let (cycle, day) = (
        from_march_0.div_euclid(CYCLE),
        from_march_0.rem_euclid(CYCLE),
    );
    let year = (day - day / 1_460 + day / 36_524 - day / (CYCLE - 1)) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let of_month = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (cycle * 400 + year + i128::from(month <= 2), month, of_month)
}

#[cfg(all(test, not(loom)))]
mod tests {
    fn wall(ns: i128) -> String {
        let mut written = String::new();
        super::wall(&mut written, ns).unwrap();
        written
    }

    #[test]
    fn as_go_writes_them() {
        assert_eq!(wall(0), "1970-01-01 00:00:00 +0000 UTC");
        assert_eq!(wall(-1), "1969-12-31 23:59:59.999999999 +0000 UTC");
        assert_eq!(
            wall(951_782_400_500_000_000),
            "2000-02-29 00:00:00.5 +0000 UTC"
        );
        assert_eq!(
            wall(1_257_894_000_000_000_000),
            "2009-11-10 23:00:00 +0000 UTC"
        );
        assert_eq!(
            wall(4_107_542_400_000_000_000),
            "2100-03-01 00:00:00 +0000 UTC"
        );
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let mut at = super::date(-200_000);
        for days in -199_999..200_000 {
            let (year, month, day) = at;
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = lengths[month as usize - 1] + i128::from(leap && month == 2);
            let next = match (month, day == length) {
                (_, false) => (year, month, day + 1),
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
            };
            at = super::date(days);
            assert_eq!(at, next);
        }
    }
}
