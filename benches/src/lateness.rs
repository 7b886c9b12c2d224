//! The ticker of `fairness` and `blockers`: a goroutine that sleeps one millisecond over and over
//! and notes how late it woke.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What the ticker sleeps.
const TICK: Duration = Duration::from_millis(1);

/// A ticker that runs.
pub struct Ticker {
    stop: Arc<AtomicBool>,
    goroutine: gompa::JoinHandle<Vec<f64>>,
}

impl Ticker {
    /// Starts it, on the goroutine's runtime.
    pub fn start() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let goroutine = gompa::go(move || {
            let mut late = Vec::with_capacity(16 << 10);
            loop {
                let begun = Instant::now();
                gompa::time::sleep(TICK);
                late.push(begun.elapsed().saturating_sub(TICK).as_secs_f64() * 1e6);
                if seen.load(Ordering::Relaxed) {
                    break late;
                }
            }
        });
        Ticker { stop, goroutine }
    }

    /// Stops it and returns what it noted. A tick under way is waited for and counts: a ticker
    /// that starved is as late as the whole run.
    pub fn stop(self) -> Lateness {
        self.stop.store(true, Ordering::Relaxed);
        let mut sorted = match self.goroutine.join() {
            Ok(late) => late,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        sorted.sort_by(f64::total_cmp);
        Lateness { sorted }
    }
}

/// How late the wake-ups were, in microseconds.
pub struct Lateness {
    /// Ascending; at least one.
    sorted: Vec<f64>,
}

impl Lateness {
    /// The smallest lateness that a share `q` of the wake-ups did not exceed.
    pub fn quantile(&self, q: f64) -> f64 {
        let rank = (q * self.sorted.len() as f64).ceil() as usize;
        self.sorted[rank.clamp(1, self.sorted.len()) - 1]
    }

    /// How often it woke.
    pub fn ticks(&self) -> f64 {
        self.sorted.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::Lateness;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let lateness = Lateness {
            sorted: (1..=100).map(f64::from).collect(),
        };
        assert_eq!(lateness.quantile(0.5), 50.0);
        assert_eq!(lateness.quantile(0.99), 99.0);
        assert_eq!(lateness.quantile(1.0), 100.0);
        assert_eq!(Lateness { sorted: vec![7.0] }.quantile(0.01), 7.0);
    }
}
