//! Sizes and times as people write them.

use std::time::Duration;

/// `65536`, `64KiB`, `8MiB`, `1GiB`.
pub fn bytes(text: &str) -> Result<usize, String> {
    let (number, unit) = split(text);
    let shift = match unit {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        _ => {
            return Err(format!(
                "'{unit}' is not a unit of size: B, KiB, MiB or GiB"
            ));
        }
    };
    let number: usize = number
        .parse()
        .map_err(|_| format!("'{text}' is not a size"))?;
    number
        .checked_mul(1 << shift)
        .filter(|&bytes| bytes > 0)
        .ok_or_else(|| "a size must be more than nothing and fit in memory".into())
}

/// `250ms`, `10s`, `2m`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return Err(format!("'{unit}' is not a unit of time: ms, s or m")),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| format!("'{text}' is not a time"))?;
    number
        .checked_mul(millis)
        .filter(|&total| total > 0 && total <= 86_400_000)
        .map(Duration::from_millis)
        .ok_or_else(|| "a time must be more than nothing and at most a day".into())
}

/// The digits at the start, and the rest.
fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(bytes("1"), Ok(1));
        assert_eq!(bytes("64KiB"), Ok(65_536));
        assert_eq!(bytes("8 MiB"), Ok(8 << 20));
        for wrong in [
            "",
            "0",
            "MiB",
            "-1",
            "1.5MiB",
            "8MB",
            "99999999999999999999",
            "18446744073709551615GiB",
        ] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in [
            "",
            "10",
            "0s",
            "-1s",
            "1h",
            "99999999999999999999s",
            "90000s",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
