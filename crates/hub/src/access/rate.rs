//! Messages a second from one connection: a token bucket.

use std::time::{Duration, Instant};

/// How far one connection is ahead of its rate.
///
/// It keeps one moment: when the bucket, emptied at the configured rate, would be full of tokens
/// again. Each message moves it by the time between two messages.
#[derive(Debug)]
pub struct Rate {
    full_at: Instant,
}

impl Rate {
    /// A full bucket.
    pub fn new(now: Instant) -> Rate {
        Rate { full_at: now }
    }

    /// One message at `now`: how long to wait before it counts as within `rate` a second, of which
    /// `burst` may come at once. A rate of 0 is no limit.
    pub fn take(&mut self, now: Instant, rate: u32, burst: u32) -> Option<Duration> {
        if rate == 0 {
            return None;
        }
        let each = Duration::from_secs(1) / rate;
        self.full_at = self.full_at.max(now) + each;
        // It may lie in the future by as much as the burst allows.
        let allowed = now + each * burst;
        (self.full_at > allowed).then(|| self.full_at - allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let begin = Instant::now();
        let mut rate = Rate::new(begin);
        let ms = Duration::from_millis;
        for _ in 0..5 {
            assert_eq!(rate.take(begin, 10, 5), None);
        }
        assert_eq!(rate.take(begin, 10, 5), Some(ms(100)));
        assert_eq!(rate.take(begin + ms(100), 10, 5), Some(ms(100)));
        // Long silence fills the bucket, but no more than that.
        for _ in 0..5 {
            assert_eq!(rate.take(begin + ms(60_000), 10, 5), None);
        }
        assert_eq!(rate.take(begin + ms(60_000), 10, 5), Some(ms(100)));
        assert_eq!(rate.take(begin, 0, 1), None);
    }
}
