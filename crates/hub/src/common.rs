//! What everything in one hub shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::stats::{Counters, Histogram};

/// Configuration, counters, and the hub's coarse clock.
#[derive(Debug)]
pub struct Common {
    /// What was set.
    pub config: Config,
    /// What has been counted.
    pub counters: Counters,
    /// From the reading of a message to its writing, for each receiver.
    pub latency: Histogram,
    began: Instant,
    /// Milliseconds since the beginning, as of the keeper's last round.
    tick: AtomicU32,
}

/// A moment of the coarse clock. It wraps after seven weeks; only differences mean something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick(pub u32);

impl Tick {
    /// From `earlier` to this.
    pub fn since(self, earlier: Tick) -> Duration {
        // A moment that seems to lie ahead was written after this was read.
        let millis = self.0.wrapping_sub(earlier.0) as i32;
        Duration::from_millis(millis.max(0) as u64)
    }
}

impl Common {
    /// A hub begins.
    pub fn new(config: Config) -> Arc<Common> {
        Arc::new(Common {
            config,
            counters: Counters::default(),
            latency: Histogram::default(),
            began: Instant::now(),
            tick: AtomicU32::new(0),
        })
    }

    /// How long it has been there.
    pub fn uptime(&self) -> Duration {
        self.began.elapsed()
    }

    /// The coarse clock: costs a load.
    #[inline]
    pub fn tick(&self) -> Tick {
        Tick(self.tick.load(Relaxed))
    }

    /// The keeper moves the clock.
    pub fn advance(&self) -> Tick {
        let tick = self.began.elapsed().as_millis() as u32;
        self.tick.store(tick, Relaxed);
        Tick(tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_wrap() {
        let ms = Duration::from_millis;
        assert_eq!(Tick(5).since(Tick(2)), ms(3));
        assert_eq!(Tick(2).since(Tick(u32::MAX)), ms(3));
        assert_eq!(Tick(2).since(Tick(5)), ms(0));
    }
}
