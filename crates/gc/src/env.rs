//! What the environment says: `GOGC`, `GOMEMLIMIT` and, in `GODEBUG`, as in Go:
//!
//! | | |
//! |---|---|
//! | `gctrace=1` | a line for each cycle |
//! | `gccheck=1` (Go's `gccheckmark=1` will do) | each cycle is checked against a quiet walk |
//! | `clobberfree=1` | what is freed is overwritten |
//! | `gcstress=N` | every thread runs a cycle at every N-th of its allocations; not Go's |
//! | `gcperiod=N` | an idle heap is looked at after that many milliseconds, not after two minutes; not Go's |

use crate::cycle::{pacer, quiet, request, trace_line};
use crate::heap::sweep;
use crate::profile::sampler;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Reads it. Malformed values end the process, as in Go: a program that runs without the limit it
/// was given would be worse.
pub(crate) fn read() {
    if let Ok(text) = std::env::var("GOGC") {
        match text.as_str() {
            "" => {}
            "off" => _ = pacer::set_percent(-1),
            _ => match text.parse() {
                Ok(percent) => _ = pacer::set_percent(percent),
                Err(_) => fatal("GOGC", &text, "a number or off"),
            },
        }
    }
    if let Ok(text) = std::env::var("GOMEMLIMIT") {
        match text.as_str() {
            "" => {}
            "off" => _ = pacer::set_limit(u64::MAX),
            _ => match bytes(&text) {
                Some(limit) => _ = pacer::set_limit(limit),
                None => fatal(
                    "GOMEMLIMIT",
                    &text,
                    "a number of bytes, with B, KiB, MiB, GiB or TiB",
                ),
            },
        }
    }
    let debug = std::env::var("GODEBUG").unwrap_or_default();
    for part in debug.split(',') {
        match part.split_once('=') {
            Some(("gctrace", "1")) => trace_line::ON.store(true, Relaxed),
            Some(("gccheck" | "gccheckmark", "1")) => quiet::CHECK.store(true, Relaxed),
            Some(("clobberfree", "1")) => sweep::CLOBBER.store(true, Relaxed),
            Some(("gcstress", n)) => sampler::STRESS.store(number("gcstress", n), Relaxed),
            Some(("gcperiod", ms)) => {
                request::set_period(Duration::from_millis(number("gcperiod", ms).into()))
            }
            _ => {} // for others, or unknown: Go does not mind either
        }
    }
}

fn number(name: &str, text: &str) -> u32 {
    let n = text.parse();
    n.unwrap_or_else(|_| fatal(&format!("GODEBUG={name}"), text, "a number"))
}

fn fatal(name: &str, value: &str, wanted: &str) -> ! {
    gompa_park::stderr::write(format!(
        "fatal error: malformed {name}={value}: expected {wanted}\n"
    ));
    std::process::exit(2)
}

/// Go's byte counts: digits, then a unit or none.
fn bytes(text: &str) -> Option<u64> {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10), ("B", 0)];
    let unit = units
        .iter()
        .find_map(|u| Some((text.strip_suffix(u.0)?, u.1)));
    let (digits, shift) = unit.unwrap_or((text, 0));
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let n: u64 = digits.parse().ok()?;
    n.checked_mul(1 << shift)
        .filter(|n| i64::try_from(*n).is_ok())
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn byte_counts_as_go_reads_them() {
        for (text, n) in [
            ("0", 0),
            ("512", 512),
            ("7B", 7),
            ("4MiB", 4 << 20),
            ("1TiB", 1 << 40),
        ] {
            assert_eq!(bytes(text), Some(n), "{text}");
        }
        for text in [
            "",
            "B",
            "-1",
            "1.5GiB",
            "4MB",
            "4 MiB",
            "99999999999GiB",
            "MiB4",
        ] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
