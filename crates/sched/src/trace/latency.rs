//! How long goroutines wait in a queue, from runnable to running: a histogram a P.
//!
//! Of the goroutines made runnable those are measured whose waking was stamped by the recorder
//! anyway: each of them where events are sparse, one in sixty-odd where they are dense.

use crate::processor::Count;

/// Bounds are powers of two from 2^FIRST nanoseconds on.
const FIRST: u32 = 8;
/// Buckets, the last without a bound: 256 ns to 1.07 s.
pub(crate) const BUCKETS: usize = 24;

/// Written by the P's holder.
#[derive(Default)]
pub(crate) struct Latency {
    buckets: [Count; BUCKETS],
    sum: Count,
}

impl Latency {
    pub(crate) fn note(&self, nanos: u64) {
        let bits = u64::BITS - nanos.saturating_sub(1).leading_zeros();
        let bucket = (bits.max(FIRST) - FIRST).min(BUCKETS as u32 - 1);
        self.buckets[bucket as usize].add(1);
        self.sum.add(nanos);
    }
}

/// A histogram of times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// How many were at most so many nanoseconds (the bound of the bucket), and above the bound
    /// before; `None`: no bound.
    pub buckets: Vec<(Option<u64>, u64)>,
    /// The sum of all, in nanoseconds.
    pub sum: u64,
}

impl Histogram {
    pub(crate) fn of<'a>(parts: impl Iterator<Item = &'a Latency>) -> Histogram {
        let bound = |i| (i + 1 < BUCKETS).then(|| 1 << (FIRST + i as u32));
        let mut total = Histogram {
            buckets: (0..BUCKETS).map(|i| (bound(i), 0)).collect(),
            sum: 0,
        };
        for part in parts {
            for (bucket, count) in total.buckets.iter_mut().zip(&part.buckets) {
                bucket.1 += count.get();
            }
            total.sum += part.sum.get();
        }
        total
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|b| b.1).sum()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_time_falls_under_its_bound() {
        for nanos in [
            0,
            1,
            255,
            256,
            257,
            512,
            513,
            1 << 30,
            (1 << 30) + 1,
            u64::MAX >> 1,
        ] {
            let latency = Latency::default();
            latency.note(nanos);
            let histogram = Histogram::of([&latency].into_iter());
            let at = histogram.buckets.iter().position(|b| b.1 == 1).unwrap();
            assert!(
                histogram.buckets[at].0.is_none_or(|bound| nanos <= bound),
                "{nanos}"
            );
            let above = at == 0 || histogram.buckets[at - 1].0.is_some_and(|b| b < nanos);
            assert!(above, "{nanos}");
            assert_eq!((histogram.count(), histogram.sum), (1, nanos));
        }
    }
}
