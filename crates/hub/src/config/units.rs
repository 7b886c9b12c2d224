//! Sizes and times as people write them: on the command line, in the environment, in the file.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// A size: `65536`, `64KiB`, `8MiB`, `1GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub usize);

/// A time: `250ms`, `10s`, `2m`. `0` is none, where none is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Bytes, String> {
        bytes(text).map(Bytes)
    }
}

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Time, String> {
        match text {
            "0" | "off" => Ok(Time(Duration::ZERO)),
            _ => duration(text).map(Time),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}

fn bytes(text: &str) -> Result<usize, String> {
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

fn duration(text: &str) -> Result<Duration, String> {
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
