//! Times in buckets, written by many at once: fan-out latency.
//!
//! ```text
//!   bucket = 8 * octave + three bits below the leading one      (of microseconds)
//!   0..8 as they are, then 8 buckets an octave: an error of at most an eighth
//! ```

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use serde::Serialize;

/// Up to half an hour, and the rest.
const BUCKETS: usize = 8 * 29;

/// Times in buckets of an eighth of an octave, written by many at once.
#[derive(Debug)]
pub struct Histogram {
    counts: [AtomicU64; BUCKETS],
}

/// One bucket that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// From this many microseconds on.
    pub from_us: u64,
    /// How many.
    pub count: u64,
}

impl Default for Histogram {
    fn default() -> Histogram {
        Histogram {
            counts: [const { AtomicU64::new(0) }; BUCKETS],
        }
    }
}

fn bucket(micros: u64) -> usize {
    if micros < 8 {
        return micros as usize;
    }
    let octave = micros.ilog2() as usize;
    let bits = (micros >> (octave - 3)) as usize & 7;
    ((octave - 2) * 8 + bits).min(BUCKETS - 1)
}

/// The least of a bucket.
fn least(bucket: usize) -> u64 {
    match bucket / 8 {
        0 => bucket as u64,
        octave => (8 + bucket as u64 % 8) << (octave - 1),
    }
}

impl Histogram {
    /// `n` took this long.
    pub fn record(&self, time: Duration, n: u64) {
        self.counts[bucket(time.as_micros() as u64)].fetch_add(n, Relaxed);
    }

    /// What is in it.
    pub fn buckets(&self) -> Vec<Bucket> {
        let counts = self.counts.iter().enumerate();
        counts
            .map(|(i, count)| Bucket {
                from_us: least(i),
                count: count.load(Relaxed),
            })
            .filter(|b| b.count != 0)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_in_its_bucket() {
        for micros in (0..5000).chain([1 << 20, (1 << 30) + 12345, 1 << 31]) {
            let b = bucket(micros);
            assert!(least(b) <= micros, "{micros}");
            if b + 1 < BUCKETS {
                assert!(micros < least(b + 1), "{micros}");
            }
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
        let histogram = Histogram::default();
        histogram.record(Duration::from_micros(1000), 3);
        let buckets = histogram.buckets();
        assert_eq!((buckets.len(), buckets[0].count), (1, 3));
        assert_eq!(buckets[0].from_us, 960);
    }
}
