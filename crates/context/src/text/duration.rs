//! A span of time in Go's form: `1h0m0.5s`, `1.5ms`.

use std::fmt::{self, Write};

const SECOND: u128 = 1_000_000_000;

/// Writes so many nanoseconds.
pub(super) fn write(f: &mut impl Write, ns: i128) -> fmt::Result {
    if ns < 0 {
        f.write_char('-')?;
    }
    let ns = ns.unsigned_abs();
    match ns {
        0 => f.write_str("0s"),
        1..1_000 => write!(f, "{ns}ns"),
        1_000..1_000_000 => fraction(f, ns, 1_000, "µs"),
        1_000_000..SECOND => fraction(f, ns, 1_000_000, "ms"),
        _ => {
            let minutes = ns / (60 * SECOND);
            if minutes >= 60 {
                write!(f, "{}h", minutes / 60)?;
            }
            if minutes > 0 {
                write!(f, "{}m", minutes % 60)?;
            }
            fraction(f, ns % (60 * SECOND), SECOND, "s")
        }
    }
}

/// `n / unit`, without needless zeros.
fn fraction(f: &mut impl Write, n: u128, unit: u128, name: &str) -> fmt::Result {
    write!(f, "{}", n / unit)?;
    let (mut rest, mut unit) = (n % unit, unit);
    if rest > 0 {
        f.write_char('.')?;
    }
    while rest > 0 {
        unit /= 10;
        write!(f, "{}", rest / unit)?;
        rest %= unit;
    }
    f.write_str(name)
}

#[cfg(all(test, not(loom)))]
mod tests {
    #[test]
    fn as_go_writes_them() {
        let cases: [(i128, &str); 14] = [
            (0, "0s"),
            (1, "1ns"),
            (999, "999ns"),
            (1_000, "1µs"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (999_999_999, "999.999999ms"),
            (1_000_000_000, "1s"),
            (3_300_000_000, "3.3s"),
            (60_000_000_000, "1m0s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (-3_600_000_000_000, "-1h0m0s"),
        ];
        for (ns, text) in cases {
            let mut written = String::new();
            super::write(&mut written, ns).unwrap();
            assert_eq!(written, text);
        }
    }
}
